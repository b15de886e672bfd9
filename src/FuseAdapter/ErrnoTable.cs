using FuseServer;
using OrthancCloudFs.Attachments;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>The one table from what went wrong with an attachment to the error that a system call returns; see docs/semantics.md.</summary>
public static class ErrnoTable
{
    /// <summary>The error of a system call. Only <see cref="AttachmentError.NotFound"/> is ENOENT.</summary>
    public static Errno Of(AttachmentError error) => error switch
    {
        AttachmentError.NotFound => Errno.ENOENT,
        AttachmentError.Exists => Errno.EEXIST,
        AttachmentError.Immutable => Errno.EPERM,
        AttachmentError.Busy => Errno.EBUSY,
        AttachmentError.TooLarge => Errno.EFBIG,
        AttachmentError.NoRoom => Errno.ENOSPC,
        AttachmentError.AccessDenied => Errno.EACCES,
        AttachmentError.Throttled => Errno.EAGAIN,
        AttachmentError.TimedOut => Errno.ETIMEDOUT,
        AttachmentError.BucketFull => Errno.ENOSPC,
        AttachmentError.Archived => Errno.ENODATA,
        AttachmentError.Closing => Errno.ESHUTDOWN,
        AttachmentError.Incomplete or AttachmentError.Unreadable or AttachmentError.Unreachable or AttachmentError.BucketFailure => Errno.EIO,
        _ => Errno.EIO,
    };

    /// <summary>The error of a system call whose handler ended with an exception.</summary>
    /// <param name="exception">What ended it.</param>
    /// <param name="isInterrupted">True when the caller was interrupted, false when a cancellation means that the deadline passed.</param>
    public static Errno Of(Exception exception, bool isInterrupted) => exception switch
    {
        AttachmentException failure => Of(failure.Error),
        OperationCanceledException => isInterrupted ? Errno.EINTR : Errno.ETIMEDOUT,
        _ => Errno.EIO,
    };
}
