/* A volume of the stub: the requests of its clients, and the threads that bring them to the file system. */
#ifndef VOLUME_H
#define VOLUME_H

#include "abi.h"

typedef struct Node Node;
typedef struct Request Request;

typedef struct Volume {
    FileSystem fs; /* first: the file system's pointer is the volume's */
    VolumeParams params;
    struct Volume *next;
    WCHAR mount_point[MAX_PATH];
    BOOL made_folder;
    CRITICAL_SECTION lock;
    CONDITION_VARIABLE arrived;
    Request *first, *last; /* not taken yet */
    Request *pending;      /* answered later */
    uint64_t next_hint;
    BOOL stopping;
    HANDLE threads[256];
    uint32_t thread_count;
    Node *nodes; /* of open files, by name */
    LONG deferred; /* requests that were answered later, ever */
    LONG busy, most_busy; /* dispatcher threads in a callback */
} Volume;

/* One file or folder that is open at least once. */
struct Node {
    Node *next;
    WCHAR path[1024];
    int opens;    /* not cleaned up */
    int refs;     /* not closed */
    BOOL delete_pending;
    int readers, writers, deleters;                /* openings with this access */
    int share_readers, share_writers, share_deleters; /* openings that allow it */
};

/* One opening. */
typedef struct {
    Volume *volume;
    Node *node;
    FullContext context;
    uint32_t access, share, options;
    BOOL is_folder, cleaned;
} Opening;

/* One request at the file system. Once it is pending it may be answered, and gone, before this returns. */
typedef Status Work(Volume *, Request *);

struct Request {
    Request *next;
    Work *work;
    TransactReq header;
    TransactRsp response;
    Status status;
    HANDLE done;
    Opening *opening;
    /* what the work needs */
    WCHAR path[1024];
    WCHAR other_path[1024];
    uint32_t disposition, options, access, share, attributes;
    uint64_t offset, size;
    uint32_t length;
    BOOL flag;
    uint8_t *buffer; /* pages of their own, gone when the request is answered */
    uint32_t transferred;
    FileInfo file_info;
    VolumeInfo volume_info;
};

Volume *volume_find(PCWSTR mount_point);
Status volume_call(Volume *, Request *);
Node *node_find(Volume *, PCWSTR path);

#endif
