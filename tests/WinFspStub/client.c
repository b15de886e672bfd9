/*
 * What programs do with files, and what the driver makes of it: share modes, dispositions, delete on the last cleanup. Tests call these
 * functions, from as many threads as they like.
 */
#include "volume.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define EXPORT __declspec(dllexport)
#define SHARE_ALL 7u
#define FOLDER_OPTION 0x00000001u     /* FILE_DIRECTORY_FILE */
#define NON_FOLDER_OPTION 0x00000040u /* FILE_NON_DIRECTORY_FILE */
#define DELETE_OPTION 0x00001000u     /* FILE_DELETE_ON_CLOSE */
#define READ_ACCESS 0x21u             /* FILE_READ_DATA, FILE_EXECUTE */
#define WRITE_ACCESS 0x06u            /* FILE_WRITE_DATA, FILE_APPEND_DATA */
#define DELETE_ACCESS 0x00010000u     /* DELETE */

enum { SUPERSEDE = 0, OPEN = 1, CREATE = 2, OPEN_IF = 3, OVERWRITE = 4, OVERWRITE_IF = 5 }; /* NtCreateFile's dispositions */

static const Interface *table_of(Volume *volume) { return volume->fs.interface_table; }

static int compare_paths(Volume *volume, PCWSTR a, PCWSTR b)
{
    return volume->params.flags & CASE_SENSITIVE_SEARCH ? wcscmp(a, b) : _wcsicmp(a, b);
}

Node *node_find(Volume *volume, PCWSTR path)
{
    Node *node = volume->nodes;
    while (node && compare_paths(volume, node->path, path))
        node = node->next;
    return node;
}

static Request *new_request(Work *work, uint32_t kind, Opening *opening)
{
    Request *request = calloc(1, sizeof *request);
    request->work = work;
    request->header.kind = kind;
    request->opening = opening;
    return request;
}

/* --- opening --- */

static Status check_exists(Volume *volume, Request *request, uint32_t *attributes)
{
    size_t size = 0;
    Status status = table_of(volume)->get_security_by_name(&volume->fs, request->path, attributes, NULL, &size);
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_SUCCESS : status; /* told how long the descriptor is */
}

static Status open_existing(Volume *volume, Request *request)
{
    uint32_t attributes = 0;
    Status status = check_exists(volume, request, &attributes);
    if (status)
        return status;
    void *context = &request->opening->context;
    status = table_of(volume)->open(
        &volume->fs, request->path, request->options, request->access, (void **)context, &request->file_info);
    if (status)
        return status;
    BOOL is_folder = (request->file_info.file_attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    if ((request->options & FOLDER_OPTION && !is_folder) || (request->options & NON_FOLDER_OPTION && is_folder)) {
        table_of(volume)->close(&volume->fs, &request->opening->context);
        return is_folder ? STATUS_FILE_IS_A_DIRECTORY : STATUS_NOT_A_DIRECTORY;
    }
    return STATUS_SUCCESS;
}

static Status create_new(Volume *volume, Request *request)
{
    void *context = &request->opening->context;
    return table_of(volume)->create(
        &volume->fs, request->path, request->options, request->access, request->attributes, NULL, request->size, (void **)context,
        &request->file_info);
}

static Status overwrite(Volume *volume, Request *request)
{
    Status status = table_of(volume)->overwrite(
        &volume->fs, &request->opening->context, request->attributes, FALSE, request->size, &request->file_info);
    if (status)
        table_of(volume)->close(&volume->fs, &request->opening->context);
    return status;
}

static Status do_create(Volume *volume, Request *request)
{
    Status status;
    switch (request->disposition) {
    case CREATE:
        status = create_new(volume, request);
        break;
    case OPEN:
        status = open_existing(volume, request);
        break;
    case OPEN_IF:
        status = open_existing(volume, request);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = create_new(volume, request);
        break;
    case OVERWRITE:
        status = open_existing(volume, request);
        if (!status)
            status = overwrite(volume, request);
        break;
    default: /* SUPERSEDE, OVERWRITE_IF */
        status = open_existing(volume, request);
        if (!status)
            status = overwrite(volume, request);
        else if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = create_new(volume, request);
        break;
    }
    return status;
}

static Status do_close(Volume *volume, Request *request)
{
    table_of(volume)->close(&volume->fs, &request->opening->context);
    return STATUS_SUCCESS;
}

/* The driver's share check, as IoCheckShareAccess describes it. Under the volume's lock. */
static BOOL may_share(const Node *node, uint32_t access, uint32_t share)
{
    return !((access & READ_ACCESS && node->share_readers < node->opens) || (access & WRITE_ACCESS && node->share_writers < node->opens)
        || (access & DELETE_ACCESS && node->share_deleters < node->opens) || (node->readers && !(share & FILE_SHARE_READ))
        || (node->writers && !(share & FILE_SHARE_WRITE)) || (node->deleters && !(share & FILE_SHARE_DELETE)));
}

static void count_shares(Node *node, const Opening *opening, int by)
{
    node->readers += opening->access & READ_ACCESS ? by : 0;
    node->writers += opening->access & WRITE_ACCESS ? by : 0;
    node->deleters += opening->access & DELETE_ACCESS ? by : 0;
    node->share_readers += opening->share & FILE_SHARE_READ ? by : 0;
    node->share_writers += opening->share & FILE_SHARE_WRITE ? by : 0;
    node->share_deleters += opening->share & FILE_SHARE_DELETE ? by : 0;
    node->opens += by;
}

static Status enter_node(Volume *volume, Opening *opening, PCWSTR path)
{
    Status status = STATUS_SUCCESS;
    EnterCriticalSection(&volume->lock);
    Node *node = node_find(volume, path);
    if (!node) {
        node = calloc(1, sizeof *node);
        wcscpy(node->path, path);
        node->next = volume->nodes;
        volume->nodes = node;
    }
    if (node->delete_pending && node->opens)
        status = STATUS_DELETE_PENDING;
    else if (node->opens && !may_share(node, opening->access, opening->share))
        status = STATUS_SHARING_VIOLATION;
    if (!status) {
        opening->node = node;
        node->refs++;
        count_shares(node, opening, 1);
        if (opening->options & DELETE_OPTION)
            node->delete_pending = TRUE;
    }
    LeaveCriticalSection(&volume->lock);
    return status;
}

EXPORT Status StubOpen(
    PCWSTR mount_point, PCWSTR path, uint32_t disposition, uint32_t options, uint32_t access, uint32_t share, Opening **opened, FileInfo *info)
{
    *opened = NULL;
    Volume *volume = volume_find(mount_point);
    if (!volume)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    Opening *opening = calloc(1, sizeof *opening);
    opening->volume = volume;
    opening->access = access;
    opening->share = share & SHARE_ALL;
    opening->options = options;
    Request *request = new_request(do_create, CREATE_KIND, opening);
    wcscpy(request->path, path);
    request->disposition = disposition;
    request->options = options;
    request->access = access;
    request->attributes = options & FOLDER_OPTION ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
    Status status = volume_call(volume, request);
    *info = request->file_info;
    free(request);
    if (!status) {
        opening->is_folder = (info->file_attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        status = enter_node(volume, opening, path);
        if (status) { /* the driver has the opening closed without a cleanup */
            request = new_request(do_close, CLOSE_KIND, opening);
            volume_call(volume, request);
            free(request);
        }
    }
    if (status)
        free(opening);
    else
        *opened = opening;
    return status;
}

/* --- closing --- */

static Status do_cleanup(Volume *volume, Request *request)
{
    table_of(volume)->cleanup(&volume->fs, &request->opening->context, request->flag ? request->path : NULL, request->options);
    request->flag = FALSE;
    return STATUS_SUCCESS;
}

/* CloseHandle of the last handle: a cleanup. It carries no error. */
EXPORT void StubCleanup(Opening *opening)
{
    Volume *volume = opening->volume;
    Request *request = new_request(do_cleanup, CLEANUP_KIND, opening);
    EnterCriticalSection(&volume->lock);
    Node *node = opening->node;
    BOOL deletes = node->delete_pending && node->opens == 1;
    wcscpy(request->path, node->path);
    LeaveCriticalSection(&volume->lock);
    request->flag = deletes;
    request->options = deletes ? CLEANUP_DELETE : opening->access & WRITE_ACCESS ? CLEANUP_SET_LAST_WRITE_TIME : 0;
    volume_call(volume, request);
    free(request);
    EnterCriticalSection(&volume->lock);
    opening->cleaned = TRUE;
    count_shares(node, opening, -1);
    if (deletes)
        node->delete_pending = FALSE;
    LeaveCriticalSection(&volume->lock);
}

/* Nobody refers to the opening any more, caches included. */
EXPORT void StubClose(Opening *opening)
{
    Volume *volume = opening->volume;
    Request *request = new_request(do_close, CLOSE_KIND, opening);
    volume_call(volume, request);
    free(request);
    EnterCriticalSection(&volume->lock);
    if (--opening->node->refs == 0) {
        Node **place = &volume->nodes;
        while (*place != opening->node)
            place = &(*place)->next;
        *place = opening->node->next;
        free(opening->node);
    }
    LeaveCriticalSection(&volume->lock);
    free(opening);
}

/* After the volume is gone: only memory is left. */
EXPORT void StubForget(Opening *opening) { free(opening); }

/* --- data --- */

static uint8_t *new_buffer(uint32_t length) { return VirtualAlloc(NULL, length ? length : 1, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE); }

static Status do_read(Volume *volume, Request *request)
{
    return table_of(volume)->read(
        &volume->fs, &request->opening->context, request->buffer, request->offset, request->length, &request->transferred);
}

EXPORT Status StubRead(Opening *opening, void *into, uint32_t length, uint64_t offset, uint32_t *transferred)
{
    Request *request = new_request(do_read, READ_KIND, opening);
    request->buffer = new_buffer(length);
    request->length = length;
    request->offset = offset;
    request->flag = TRUE;
    request->size = (uintptr_t)into;
    Status status = volume_call(opening->volume, request);
    *transferred = request->transferred;
    free(request);
    return status;
}

static Status do_write(Volume *volume, Request *request)
{
    return table_of(volume)->write(
        &volume->fs, &request->opening->context, request->buffer, request->offset, request->length, request->offset == UINT64_MAX,
        request->disposition != 0, &request->transferred, &request->file_info);
}

EXPORT Status StubWrite(
    Opening *opening, const void *from, uint32_t length, uint64_t offset, BOOL constrained, uint32_t *transferred, FileInfo *info)
{
    Request *request = new_request(do_write, WRITE_KIND, opening);
    request->buffer = new_buffer(length);
    memcpy(request->buffer, from, length);
    request->length = length;
    request->offset = offset;
    request->disposition = constrained != 0;
    Status status = volume_call(opening->volume, request);
    *transferred = request->transferred;
    *info = request->file_info;
    free(request);
    return status;
}

static Status do_flush(Volume *volume, Request *request)
{
    return table_of(volume)->flush(
        &volume->fs, request->opening ? &request->opening->context : NULL, request->opening ? &request->file_info : NULL);
}

EXPORT Status StubFlush(Opening *opening)
{
    Request *request = new_request(do_flush, FLUSH_BUFFERS_KIND, opening);
    Status status = volume_call(opening->volume, request);
    free(request);
    return status;
}

EXPORT Status StubFlushVolume(PCWSTR mount_point)
{
    Volume *volume = volume_find(mount_point);
    if (!volume)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    Request *request = new_request(do_flush, FLUSH_BUFFERS_KIND, NULL);
    Status status = volume_call(volume, request);
    free(request);
    return status;
}

/* --- attributes and names --- */

static Status do_get_info(Volume *volume, Request *request)
{
    return table_of(volume)->get_file_info(&volume->fs, &request->opening->context, &request->file_info);
}

EXPORT Status StubGetInfo(Opening *opening, FileInfo *info)
{
    Request *request = new_request(do_get_info, QUERY_INFORMATION_KIND, opening);
    Status status = volume_call(opening->volume, request);
    *info = request->file_info;
    free(request);
    return status;
}

static Status do_set_size(Volume *volume, Request *request)
{
    return table_of(volume)->set_file_size(
        &volume->fs, &request->opening->context, request->offset, request->disposition != 0, &request->file_info);
}

EXPORT Status StubSetSize(Opening *opening, uint64_t size, BOOL is_allocation_size, FileInfo *info)
{
    Request *request = new_request(do_set_size, SET_INFORMATION_KIND, opening);
    request->offset = size;
    request->disposition = is_allocation_size != 0;
    Status status = volume_call(opening->volume, request);
    *info = request->file_info;
    free(request);
    return status;
}

static Status do_set_basic_info(Volume *volume, Request *request)
{
    return table_of(volume)->set_basic_info(
        &volume->fs, &request->opening->context, request->attributes, 0, 0, request->offset, 0, &request->file_info);
}

EXPORT Status StubSetTimes(Opening *opening, uint64_t last_write_time, FileInfo *info)
{
    Request *request = new_request(do_set_basic_info, SET_INFORMATION_KIND, opening);
    request->attributes = INVALID_FILE_ATTRIBUTES;
    request->offset = last_write_time;
    Status status = volume_call(opening->volume, request);
    *info = request->file_info;
    free(request);
    return status;
}

static Status do_can_delete(Volume *volume, Request *request)
{
    return table_of(volume)->can_delete(&volume->fs, &request->opening->context, request->path);
}

/* DeleteFile, RemoveDirectory: asked for now, done by the last cleanup. */
EXPORT Status StubDelete(Opening *opening)
{
    Volume *volume = opening->volume;
    Request *request = new_request(do_can_delete, SET_INFORMATION_KIND, opening);
    wcscpy(request->path, opening->node->path);
    Status status = volume_call(volume, request);
    free(request);
    if (!status) {
        EnterCriticalSection(&volume->lock);
        opening->node->delete_pending = TRUE;
        LeaveCriticalSection(&volume->lock);
    }
    return status;
}

static Status do_rename(Volume *volume, Request *request)
{
    return table_of(volume)->rename(
        &volume->fs, &request->opening->context, request->path, request->other_path, request->disposition != 0);
}

EXPORT Status StubRename(Opening *opening, PCWSTR new_path, BOOL replace)
{
    Volume *volume = opening->volume;
    Request *request = new_request(do_rename, SET_INFORMATION_KIND, opening);
    wcscpy(request->path, opening->node->path);
    wcscpy(request->other_path, new_path);
    request->disposition = replace != 0;
    Status status = volume_call(volume, request);
    free(request);
    if (!status) {
        EnterCriticalSection(&volume->lock);
        wcscpy(opening->node->path, new_path);
        LeaveCriticalSection(&volume->lock);
    }
    return status;
}

static Status do_read_directory(Volume *volume, Request *request)
{
    return table_of(volume)->read_directory(
        &volume->fs, &request->opening->context, NULL, request->disposition ? request->path : NULL, request->buffer, request->length,
        &request->transferred);
}

/* One buffer of a listing, from behind the marker on; the entries are DirInfo, their end is two zero bytes. */
EXPORT Status StubReadDirectory(Opening *opening, void *into, uint32_t length, PCWSTR marker, uint32_t *transferred)
{
    Request *request = new_request(do_read_directory, QUERY_DIRECTORY_KIND, opening);
    request->buffer = new_buffer(length);
    request->length = length;
    request->flag = TRUE;
    request->size = (uintptr_t)into;
    request->disposition = marker != NULL;
    if (marker)
        wcscpy(request->path, marker);
    Status status = volume_call(opening->volume, request);
    *transferred = request->transferred;
    free(request);
    return status;
}

static Status do_get_security(Volume *volume, Request *request)
{
    size_t size = request->length;
    Status status = table_of(volume)->get_security(&volume->fs, &request->opening->context, request->buffer, &size);
    request->transferred = (uint32_t)size;
    request->flag = status == STATUS_SUCCESS;
    return status;
}

EXPORT Status StubGetSecurity(Opening *opening, void *into, uint32_t length, uint32_t *needed)
{
    Request *request = new_request(do_get_security, QUERY_SECURITY_KIND, opening);
    request->buffer = new_buffer(length);
    request->length = length;
    request->size = (uintptr_t)into;
    Status status = volume_call(opening->volume, request);
    *needed = request->transferred;
    free(request);
    return status;
}

static Status do_volume_info(Volume *volume, Request *request)
{
    return table_of(volume)->get_volume_info(&volume->fs, &request->volume_info);
}

EXPORT Status StubVolumeInfo(PCWSTR mount_point, VolumeInfo *info)
{
    Volume *volume = volume_find(mount_point);
    if (!volume)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    Request *request = new_request(do_volume_info, QUERY_VOLUME_INFORMATION_KIND, NULL);
    Status status = volume_call(volume, request);
    *info = request->volume_info;
    free(request);
    return status;
}

/* --- what tests want to know --- */

EXPORT uint32_t StubDeferred(PCWSTR mount_point)
{
    Volume *volume = volume_find(mount_point);
    return volume ? (uint32_t)volume->deferred : 0;
}

/* As when a request or an answer to the driver fails: nothing is served any more, though nobody asked for that. */
EXPORT void StubTakeAway(PCWSTR mount_point)
{
    Volume *volume = volume_find(mount_point);
    if (volume && volume->fs.interface_table->dispatcher_stopped)
        volume->fs.interface_table->dispatcher_stopped(&volume->fs, FALSE);
}

EXPORT uint32_t StubMostBusy(PCWSTR mount_point)
{
    Volume *volume = volume_find(mount_point);
    return volume ? (uint32_t)volume->most_busy : 0;
}
