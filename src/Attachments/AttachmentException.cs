using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>Why an operation on an attachment failed; adapters turn it into their operating system's code.</summary>
public enum AttachmentError
{
    /// <summary>There is no such attachment; the bucket said so.</summary>
    NotFound,

    /// <summary>There is one of that name already.</summary>
    Exists,

    /// <summary>It is committed, hence never changed.</summary>
    Immutable,

    /// <summary>It is still being written, or its deletion is still under way.</summary>
    Busy,

    /// <summary>It cannot fit in the staging memory, whoever else leaves.</summary>
    TooLarge,

    /// <summary>Others held the staging memory for too long.</summary>
    NoRoom,

    /// <summary>Bytes were never written (a hole), or a write failed.</summary>
    Incomplete,

    /// <summary>The stored object does not authenticate.</summary>
    Unreadable,

    /// <summary>The bucket denies access or does not know the credentials.</summary>
    AccessDenied,

    /// <summary>The bucket asks to slow down, and did so until the deadline.</summary>
    Throttled,

    /// <summary>No answer before the deadline.</summary>
    TimedOut,

    /// <summary>The bucket cannot be reached, or the container is missing.</summary>
    Unreachable,

    /// <summary>The bucket failed, or delivered something else than it announced.</summary>
    BucketFailure,

    /// <summary>The bucket has no space left.</summary>
    BucketFull,

    /// <summary>The object lies in an archive tier.</summary>
    Archived,

    /// <summary>The program is about to end and takes nothing new.</summary>
    Closing,
}

/// <summary>A failed operation on an attachment. The message is one line that names what and why; never a key or content.</summary>
public sealed class AttachmentException : Exception
{
    /// <summary>Creates one.</summary>
    public AttachmentException(AttachmentError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    public AttachmentError Error { get; }

    /// <summary>The attachment-side view of a bucket's failure.</summary>
    public static AttachmentException From(BucketException failure) => new(ErrorOf(failure.Kind), failure.Message, failure);

    /// <summary>The one table from the bucket's kinds of failure to ours. None of them is <see cref="AttachmentError.NotFound"/>.</summary>
    public static AttachmentError ErrorOf(BucketErrorKind kind) => kind switch
    {
        BucketErrorKind.NoSuchBucket or BucketErrorKind.Network => AttachmentError.Unreachable,
        BucketErrorKind.Unauthenticated or BucketErrorKind.Forbidden => AttachmentError.AccessDenied,
        BucketErrorKind.Throttled => AttachmentError.Throttled,
        BucketErrorKind.Timeout => AttachmentError.TimedOut,
        BucketErrorKind.AlreadyExists => AttachmentError.Exists,
        BucketErrorKind.Archived => AttachmentError.Archived,
        BucketErrorKind.NoSpace => AttachmentError.BucketFull,
        _ => AttachmentError.BucketFailure,
    };
}
