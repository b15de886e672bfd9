namespace OrthancCloudFs.Buckets;

/// <summary>What went wrong at a provider, in words that hold for all of them.</summary>
public enum BucketErrorKind
{
    /// <summary>The container itself is missing; a missing object is no error (see <see cref="IBucket"/>).</summary>
    NoSuchBucket,

    /// <summary>Credentials are missing, wrong or expired.</summary>
    Unauthenticated,

    /// <summary>The credentials are known but may not do this.</summary>
    Forbidden,

    /// <summary>The provider asks to slow down (503 SlowDown, 429).</summary>
    Throttled,

    /// <summary>The provider failed (other 5xx).</summary>
    ProviderFailure,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>Name not resolved, connection refused or reset, TLS refused.</summary>
    Network,

    /// <summary>A body ended before its announced length.</summary>
    Truncated,

    /// <summary>Stored or delivered bytes do not have the checksum that was announced.</summary>
    ChecksumMismatch,

    /// <summary>A conditional put found an object of that key.</summary>
    AlreadyExists,

    /// <summary>There is no such upload in parts: it was completed, aborted, or has expired.</summary>
    NoSuchUpload,

    /// <summary>The object is another version than the one that was asked for.</summary>
    Changed,

    /// <summary>The object is in an archive tier and must be restored first.</summary>
    Archived,

    /// <summary>The local disk or a quota is full.</summary>
    NoSpace,

    /// <summary>The provider says that the request is wrong (other 4xx).</summary>
    InvalidRequest,
}

/// <summary>A failed bucket operation. The message names operation, key and the provider's own words; never a secret or content.</summary>
public sealed class BucketException : Exception
{
    /// <summary>Creates one.</summary>
    public BucketException(BucketErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>What went wrong.</summary>
    public BucketErrorKind Kind { get; }

    /// <summary>How long the provider asked to wait before the next attempt, where it said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// True when an earlier attempt of the same operation failed without a clear answer. Even a clear refusal with this set is ambiguous:
    /// the earlier attempt may have done what was asked. An <see cref="BucketErrorKind.AlreadyExists"/> may mean that attempt's own object.
    /// </summary>
    public bool AfterRetry { get; init; }

    /// <summary>True when the same request may succeed later without anybody's doing.</summary>
    public bool IsTransient => Kind is BucketErrorKind.Throttled or BucketErrorKind.ProviderFailure or BucketErrorKind.Timeout
        or BucketErrorKind.Network or BucketErrorKind.Truncated or BucketErrorKind.ChecksumMismatch;
}
