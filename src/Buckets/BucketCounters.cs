namespace OrthancCloudFs.Buckets;

/// <summary>What a <see cref="MeteredBucket"/> counted since it was made.</summary>
/// <param name="Requests">Attempts by operation, failed ones included.</param>
/// <param name="Failures">Failed attempts by kind. A missing object is no failure, and neither is a cancellation by the caller.</param>
/// <param name="BytesUploaded">Content of confirmed puts.</param>
/// <param name="BytesDownloaded">Content received, also of downloads that failed later.</param>
public sealed record BucketCounters(
    IReadOnlyDictionary<BucketOperation, long> Requests,
    IReadOnlyDictionary<BucketErrorKind, long> Failures,
    long BytesUploaded,
    long BytesDownloaded);
