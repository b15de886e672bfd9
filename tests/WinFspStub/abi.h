/*
 * The binary interface of winfsp-x64.dll as far as the stub needs it, written from a table of sizes and offsets and from WinFsp's public
 * description of its functions. No line of WinFsp's headers is in here.
 */
#ifndef ABI_H
#define ABI_H

#include <stddef.h>
#include <stdint.h>
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

typedef LONG Status;

#define ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#define ASSERT_OFFSET(type, field, bytes) _Static_assert(offsetof(type, field) == (bytes), #type "." #field)

typedef struct {
    uint32_t file_attributes;
    uint32_t reparse_tag;
    uint64_t allocation_size;
    uint64_t file_size;
    uint64_t creation_time;
    uint64_t last_access_time;
    uint64_t last_write_time;
    uint64_t change_time;
    uint64_t index_number;
    uint32_t hard_links;
    uint32_t ea_size;
} FileInfo;
ASSERT_SIZE(FileInfo, 72);
ASSERT_OFFSET(FileInfo, file_size, 16);
ASSERT_OFFSET(FileInfo, index_number, 56);
ASSERT_OFFSET(FileInfo, ea_size, 68);

typedef struct {
    uint64_t total_size;
    uint64_t free_size;
    uint16_t volume_label_length; /* bytes */
    WCHAR volume_label[32];
} VolumeInfo;
ASSERT_SIZE(VolumeInfo, 88);
ASSERT_OFFSET(VolumeInfo, volume_label_length, 16);
ASSERT_OFFSET(VolumeInfo, volume_label, 18);

typedef struct {
    uint16_t version;
    uint16_t sector_size;
    uint16_t sectors_per_allocation_unit;
    uint16_t max_component_length;
    uint64_t volume_creation_time;
    uint32_t volume_serial_number;
    uint32_t transact_timeout;
    uint32_t irp_timeout;
    uint32_t irp_capacity;
    uint32_t file_info_timeout;
    uint32_t flags;
    WCHAR prefix[192];
    WCHAR file_system_name[16];
    uint32_t timeout_flags;
    uint32_t volume_info_timeout;
    uint32_t dir_info_timeout;
    uint32_t security_timeout;
    uint32_t stream_info_timeout;
    uint32_t ea_timeout;
    uint32_t fsext_control_code;
    uint32_t reserved32;
    uint64_t reserved64[2];
} VolumeParams;
ASSERT_SIZE(VolumeParams, 504);
ASSERT_OFFSET(VolumeParams, file_info_timeout, 32);
ASSERT_OFFSET(VolumeParams, flags, 36);
ASSERT_OFFSET(VolumeParams, prefix, 40);
ASSERT_OFFSET(VolumeParams, file_system_name, 424);
ASSERT_OFFSET(VolumeParams, timeout_flags, 456);
ASSERT_OFFSET(VolumeParams, reserved64, 488);

enum {
    CASE_SENSITIVE_SEARCH = 0x00000001,
    UM_FILE_CONTEXT_IS_FULL_CONTEXT = 0x00020000,
};

typedef struct {
    uint64_t user_context;  /* of the file */
    uint64_t user_context2; /* of one opening of it */
} FullContext;
ASSERT_SIZE(FullContext, 16);

typedef struct {
    uint16_t size; /* bytes, the name included */
    FileInfo file_info;
    uint64_t next_offset;
    uint8_t padding[16];
    WCHAR file_name[];
} DirInfo;
ASSERT_SIZE(DirInfo, 104);
ASSERT_OFFSET(DirInfo, file_info, 8);
ASSERT_OFFSET(DirInfo, next_offset, 80);
ASSERT_OFFSET(DirInfo, file_name, 104);

enum {
    CREATE_KIND = 1,
    OVERWRITE_KIND = 2,
    CLEANUP_KIND = 3,
    CLOSE_KIND = 4,
    READ_KIND = 5,
    WRITE_KIND = 6,
    QUERY_INFORMATION_KIND = 7,
    SET_INFORMATION_KIND = 8,
    FLUSH_BUFFERS_KIND = 11,
    QUERY_VOLUME_INFORMATION_KIND = 12,
    QUERY_DIRECTORY_KIND = 14,
    QUERY_SECURITY_KIND = 19,
};

typedef struct {
    uint16_t version;
    uint16_t size;
    uint32_t kind;
    uint64_t hint;
    uint8_t request[64];
    uint32_t file_name;
    uint32_t reserved;
} TransactReq;
ASSERT_SIZE(TransactReq, 88);
ASSERT_OFFSET(TransactReq, hint, 8);
ASSERT_OFFSET(TransactReq, request, 16);
ASSERT_OFFSET(TransactReq, file_name, 80);

typedef struct {
    uint16_t version;
    uint16_t size;
    uint32_t kind;
    uint64_t hint;
    uint32_t information;
    uint32_t status;
    FileInfo file_info; /* of a write */
    uint8_t rest[32];
} TransactRsp;
ASSERT_SIZE(TransactRsp, 128);
ASSERT_OFFSET(TransactRsp, information, 16);
ASSERT_OFFSET(TransactRsp, status, 20);
ASSERT_OFFSET(TransactRsp, file_info, 24);

typedef struct {
    TransactReq *request;
    TransactRsp *response;
} OperationContext;
ASSERT_SIZE(OperationContext, 16);

typedef struct FileSystem FileSystem;

enum {
    CLEANUP_DELETE = 0x01,
    CLEANUP_SET_LAST_WRITE_TIME = 0x40,
};

/* The callbacks; what is null is not supported. */
typedef struct {
    Status (*get_volume_info)(FileSystem *, VolumeInfo *);
    void *set_volume_label;
    Status (*get_security_by_name)(FileSystem *, PWSTR, uint32_t *, void *, size_t *);
    Status (*create)(FileSystem *, PWSTR, uint32_t, uint32_t, uint32_t, void *, uint64_t, void **, FileInfo *);
    Status (*open)(FileSystem *, PWSTR, uint32_t, uint32_t, void **, FileInfo *);
    Status (*overwrite)(FileSystem *, void *, uint32_t, BOOLEAN, uint64_t, FileInfo *);
    void (*cleanup)(FileSystem *, void *, PWSTR, uint32_t);
    void (*close)(FileSystem *, void *);
    Status (*read)(FileSystem *, void *, void *, uint64_t, uint32_t, uint32_t *);
    Status (*write)(FileSystem *, void *, void *, uint64_t, uint32_t, BOOLEAN, BOOLEAN, uint32_t *, FileInfo *);
    Status (*flush)(FileSystem *, void *, FileInfo *);
    Status (*get_file_info)(FileSystem *, void *, FileInfo *);
    Status (*set_basic_info)(FileSystem *, void *, uint32_t, uint64_t, uint64_t, uint64_t, uint64_t, FileInfo *);
    Status (*set_file_size)(FileSystem *, void *, uint64_t, BOOLEAN, FileInfo *);
    Status (*can_delete)(FileSystem *, void *, PWSTR);
    Status (*rename)(FileSystem *, void *, PWSTR, PWSTR, BOOLEAN);
    Status (*get_security)(FileSystem *, void *, void *, size_t *);
    void *set_security;
    Status (*read_directory)(FileSystem *, void *, PWSTR, PWSTR, void *, uint32_t, uint32_t *);
    void *others[13];
    void (*dispatcher_stopped)(FileSystem *, BOOLEAN);
    void *reserved[31];
} Interface;
ASSERT_SIZE(Interface, 512);
ASSERT_OFFSET(Interface, get_security_by_name, 16);
ASSERT_OFFSET(Interface, cleanup, 48);
ASSERT_OFFSET(Interface, read, 64);
ASSERT_OFFSET(Interface, flush, 80);
ASSERT_OFFSET(Interface, set_file_size, 104);
ASSERT_OFFSET(Interface, rename, 120);
ASSERT_OFFSET(Interface, read_directory, 144);
ASSERT_OFFSET(Interface, dispatcher_stopped, 256);

/* What a file system may see of its volume; the stub keeps its own state behind it. */
struct FileSystem {
    uint16_t version;
    void *user_context;
    WCHAR volume_name[256];
    HANDLE volume_handle;
    void *enter_operation;
    void *leave_operation;
    void *operations[22];
    const Interface *interface_table;
    HANDLE dispatcher_thread;
    uint32_t dispatcher_thread_count;
    Status dispatcher_result;
    PWSTR mount_point;
    HANDLE mount_handle;
    uint32_t debug_log;
    uint32_t op_guard_strategy;
    void *op_guard_lock;
    uint8_t um_file_context_is_user_context2;
    uint8_t um_file_context_is_full_context;
};
ASSERT_SIZE(FileSystem, 792);
ASSERT_OFFSET(FileSystem, user_context, 8);
ASSERT_OFFSET(FileSystem, enter_operation, 536);
ASSERT_OFFSET(FileSystem, leave_operation, 544);
ASSERT_OFFSET(FileSystem, interface_table, 728);
ASSERT_OFFSET(FileSystem, mount_point, 752);
ASSERT_OFFSET(FileSystem, um_file_context_is_full_context, 785);

#endif
