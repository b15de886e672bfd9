using OrthancCloudFs.Attachments;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>The one table from what went wrong with an attachment to the status that Windows is given; see docs/windows.md.</summary>
public static class StatusTable
{
    /// <summary>The status of an operation. Only <see cref="AttachmentError.NotFound"/> says that there is no such file.</summary>
    public static NtStatus Of(AttachmentError error) => error switch
    {
        AttachmentError.NotFound => NtStatus.ObjectNameNotFound,
        AttachmentError.Exists => NtStatus.ObjectNameCollision,
        AttachmentError.Immutable or AttachmentError.AccessDenied => NtStatus.AccessDenied,
        AttachmentError.Busy => NtStatus.SharingViolation,
        AttachmentError.TooLarge => NtStatus.FileTooLarge,
        AttachmentError.NoRoom or AttachmentError.BucketFull => NtStatus.DiskFull,
        AttachmentError.Throttled or AttachmentError.TimedOut => NtStatus.IoTimeout,
        AttachmentError.Unreadable => NtStatus.CrcError,
        AttachmentError.Closing => NtStatus.ShutdownInProgress,
        _ => NtStatus.IoDeviceError,
    };

    /// <summary>The status of an operation that ended with an exception.</summary>
    public static NtStatus Of(Exception exception) => exception switch
    {
        AttachmentException failure => Of(failure.Error),
        OperationCanceledException => NtStatus.IoTimeout,
        FileNotFoundException => NtStatus.ObjectNameNotFound,
        DirectoryNotFoundException => NtStatus.ObjectPathNotFound,
        UnauthorizedAccessException => NtStatus.AccessDenied,
        IOException io => OfSystem(io.HResult),
        _ => NtStatus.IoDeviceError,
    };

    /// <summary>What Windows said of a file of the underlay: HRESULTs of Win32 errors ([MS-ERREF] 2.1.2).</summary>
    private static NtStatus OfSystem(int result) => unchecked((uint)result) switch
    {
        0x80070020 or 0x80070021 => NtStatus.SharingViolation, // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
        0x80070050 or 0x800700B7 => NtStatus.ObjectNameCollision, // ERROR_FILE_EXISTS, ERROR_ALREADY_EXISTS
        0x80070070 or 0x80070027 => NtStatus.DiskFull, // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL
        0x80070091 => NtStatus.DirectoryNotEmpty, // ERROR_DIR_NOT_EMPTY
        0x8007007B => NtStatus.ObjectNameInvalid, // ERROR_INVALID_NAME
        _ => NtStatus.IoDeviceError,
    };
}
