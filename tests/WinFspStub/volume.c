/* The functions of winfsp-x64.dll that a file system calls. */
#include "volume.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define EXPORT __declspec(dllexport)
#define RUNNING_OUT STATUS_INSUFFICIENT_RESOURCES

static SRWLOCK volumes_lock = SRWLOCK_INIT;
static Volume *volumes;
static __thread OperationContext current;

Volume *volume_find(PCWSTR mount_point)
{
    AcquireSRWLockShared(&volumes_lock);
    Volume *found = volumes;
    while (found && _wcsicmp(found->mount_point, mount_point))
        found = found->next;
    ReleaseSRWLockShared(&volumes_lock);
    return found;
}

static BOOL is_drive(PCWSTR mount_point) { return mount_point[0] && mount_point[1] == L':' && !mount_point[2]; }

EXPORT Status FspFileSystemPreflight(PWSTR device_path, PWSTR mount_point)
{
    if (wcscmp(device_path, L"WinFsp.Disk"))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!mount_point || volume_find(mount_point))
        return STATUS_OBJECT_NAME_COLLISION;
    if (is_drive(mount_point))
        return GetLogicalDrives() & (1u << ((mount_point[0] | 0x20) - L'a')) ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
    if (GetFileAttributesW(mount_point) != INVALID_FILE_ATTRIBUTES)
        return STATUS_OBJECT_NAME_COLLISION;
    return GetLastError() == ERROR_FILE_NOT_FOUND ? STATUS_SUCCESS : STATUS_OBJECT_PATH_NOT_FOUND;
}

EXPORT Status FspFileSystemCreate(PWSTR device_path, const VolumeParams *params, const Interface *table, FileSystem **created)
{
    *created = NULL;
    if (wcscmp(device_path, L"WinFsp.Disk"))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    /* As the library: without these three nothing can be opened. */
    if (params->version != sizeof(VolumeParams) || !table->create || !table->open || !table->overwrite)
        return STATUS_INVALID_PARAMETER;
    Volume *volume = calloc(1, sizeof *volume);
    if (!volume)
        return RUNNING_OUT;
    volume->params = *params;
    volume->fs.version = sizeof(FileSystem);
    volume->fs.interface_table = table;
    /* The library's lock; a file system that takes it away is called by several threads at once. */
    volume->fs.enter_operation = volume->fs.leave_operation = volume;
    volume->fs.um_file_context_is_full_context = (params->flags & UM_FILE_CONTEXT_IS_FULL_CONTEXT) != 0;
    InitializeCriticalSection(&volume->lock);
    InitializeConditionVariable(&volume->arrived);
    *created = &volume->fs;
    return STATUS_SUCCESS;
}

EXPORT Status FspFileSystemSetMountPointEx(FileSystem *fs, PWSTR mount_point, void *security)
{
    (void)security;
    Volume *volume = (Volume *)fs;
    if (!mount_point || wcslen(mount_point) >= MAX_PATH)
        return STATUS_INVALID_PARAMETER;
    if (!is_drive(mount_point)) {
        if (!CreateDirectoryW(mount_point, NULL))
            return STATUS_OBJECT_NAME_COLLISION;
        volume->made_folder = TRUE;
    }
    wcscpy(volume->mount_point, mount_point);
    fs->mount_point = volume->mount_point;
    AcquireSRWLockExclusive(&volumes_lock);
    volume->next = volumes;
    volumes = volume;
    ReleaseSRWLockExclusive(&volumes_lock);
    return STATUS_SUCCESS;
}

static void finish(Request *request, Status status)
{
    request->status = status;
    if (request->buffer && request->flag) { /* flag: the buffer goes back to the client */
        memcpy((void *)(uintptr_t)request->size, request->buffer, request->transferred);
    }
    if (request->buffer) {
        VirtualFree(request->buffer, 0, MEM_RELEASE);
        request->buffer = NULL;
    }
    SetEvent(request->done);
}

static DWORD WINAPI dispatch(void *argument)
{
    Volume *volume = argument;
    for (;;) {
        EnterCriticalSection(&volume->lock);
        while (!volume->first && !volume->stopping)
            SleepConditionVariableCS(&volume->arrived, &volume->lock, INFINITE);
        Request *request = volume->first;
        if (!request) {
            LeaveCriticalSection(&volume->lock);
            return 0;
        }
        volume->first = request->next;
        /* It may be answered by another thread before the callback returns, so it is among the pending ones from now on. */
        request->next = volume->pending;
        volume->pending = request;
        if (++volume->busy > volume->most_busy)
            volume->most_busy = volume->busy;
        LeaveCriticalSection(&volume->lock);

        current = (OperationContext){&request->header, &request->response};
        uint64_t hint = request->header.hint;
        Status status = request->work(volume, request);
        current = (OperationContext){NULL, NULL};

        EnterCriticalSection(&volume->lock);
        volume->busy--;
        Request **place = &volume->pending;
        while (*place && (*place)->header.hint != hint)
            place = &(*place)->next;
        if (*place && status != STATUS_PENDING) {
            *place = request->next;
            finish(request, status);
        }
        LeaveCriticalSection(&volume->lock);
    }
}

EXPORT Status FspFileSystemStartDispatcher(FileSystem *fs, ULONG thread_count)
{
    Volume *volume = (Volume *)fs;
    if (!thread_count)
        thread_count = 2;
    if (thread_count > 256)
        return STATUS_INVALID_PARAMETER;
    for (; volume->thread_count < thread_count; volume->thread_count++)
        if (!(volume->threads[volume->thread_count] = CreateThread(NULL, 0, dispatch, volume, 0, NULL)))
            return RUNNING_OUT;
    fs->dispatcher_thread_count = thread_count;
    return STATUS_SUCCESS;
}

EXPORT void FspFileSystemStopDispatcher(FileSystem *fs)
{
    Volume *volume = (Volume *)fs;
    EnterCriticalSection(&volume->lock);
    volume->stopping = TRUE;
    while (volume->first) {
        Request *request = volume->first;
        volume->first = request->next;
        finish(request, STATUS_VOLUME_DISMOUNTED);
    }
    WakeAllConditionVariable(&volume->arrived);
    LeaveCriticalSection(&volume->lock);
    for (uint32_t i = 0; i < volume->thread_count; i++) {
        WaitForSingleObject(volume->threads[i], INFINITE);
        CloseHandle(volume->threads[i]);
    }
    volume->thread_count = 0;

    /* The driver ends what was not answered, and takes the buffers back: who writes into one of them now crashes. */
    EnterCriticalSection(&volume->lock);
    while (volume->pending) {
        Request *request = volume->pending;
        volume->pending = request->next;
        request->transferred = 0;
        finish(request, STATUS_CANCELLED);
    }
    LeaveCriticalSection(&volume->lock);
    if (fs->interface_table->dispatcher_stopped)
        fs->interface_table->dispatcher_stopped(fs, TRUE);
}

EXPORT void FspFileSystemDelete(FileSystem *fs)
{
    Volume *volume = (Volume *)fs;
    AcquireSRWLockExclusive(&volumes_lock);
    for (Volume **place = &volumes; *place; place = &(*place)->next)
        if (*place == volume) {
            *place = volume->next;
            break;
        }
    ReleaseSRWLockExclusive(&volumes_lock);
    if (volume->made_folder)
        RemoveDirectoryW(volume->mount_point);
    while (volume->nodes) {
        Node *node = volume->nodes;
        volume->nodes = node->next;
        free(node);
    }
    DeleteCriticalSection(&volume->lock);
    free(volume);
}

EXPORT OperationContext *FspFileSystemGetOperationContext(void) { return current.request ? &current : NULL; }

EXPORT void FspFileSystemSendResponse(FileSystem *fs, TransactRsp *response)
{
    Volume *volume = (Volume *)fs;
    if (response->size != sizeof *response)
        abort(); /* the driver would refuse it, and the request never end */
    EnterCriticalSection(&volume->lock);
    Request **place = &volume->pending;
    while (*place && (*place)->header.hint != response->hint)
        place = &(*place)->next;
    Request *request = *place;
    if (request) {
        if (request->header.kind != response->kind)
            abort();
        *place = request->next;
        request->transferred = response->information;
        if (response->kind == WRITE_KIND)
            request->file_info = response->file_info;
        InterlockedIncrement(&volume->deferred);
        finish(request, (Status)response->status);
    }
    LeaveCriticalSection(&volume->lock);
}

EXPORT BOOLEAN FspFileSystemAddDirInfo(DirInfo *entry, void *buffer, ULONG length, PULONG transferred)
{
    uint8_t *place = (uint8_t *)buffer + *transferred;
    uint8_t *end = (uint8_t *)buffer + length;
    if (!entry) { /* two zero bytes say that nothing follows */
        if (place + sizeof(uint16_t) > end)
            return FALSE;
        memset(place, 0, sizeof(uint16_t));
        *transferred += sizeof(uint16_t);
        return TRUE;
    }
    uint32_t aligned = (entry->size + 7u) & ~7u;
    if (place + aligned > end)
        return FALSE;
    memset(place, 0, aligned);
    memcpy(place, entry, entry->size);
    *transferred += aligned;
    return TRUE;
}

/* Brings a request of a client to the file system, and waits for the answer. */
Status volume_call(Volume *volume, Request *request)
{
    request->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!request->done)
        return RUNNING_OUT;
    EnterCriticalSection(&volume->lock);
    BOOL taken = !volume->stopping;
    if (taken) {
        request->header.version = sizeof request->header;
        request->header.hint = ++volume->next_hint;
        request->next = NULL;
        if (volume->first)
            volume->last->next = request;
        else
            volume->first = request;
        volume->last = request;
        WakeConditionVariable(&volume->arrived);
    }
    LeaveCriticalSection(&volume->lock);
    if (taken)
        WaitForSingleObject(request->done, INFINITE);
    else if (request->buffer)
        VirtualFree(request->buffer, 0, MEM_RELEASE);
    CloseHandle(request->done);
    return taken ? request->status : STATUS_VOLUME_DISMOUNTED;
}
