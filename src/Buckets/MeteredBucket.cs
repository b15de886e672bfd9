using System.Diagnostics.Metrics;

namespace OrthancCloudFs.Buckets;

/// <summary>
/// Counts the attempts on a bucket; to be placed beneath <see cref="RetryingBucket"/>. The same figures are published by the meter
/// <see cref="MeterName"/>. Owns the bucket that it wraps.
/// </summary>
public sealed class MeteredBucket(IBucket inner) : IBucket
{
    /// <summary>The name of the meter, for exporters.</summary>
    public const string MeterName = "OrthancCloudFs.Buckets";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> RequestCounter =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.requests", "{request}", "Attempts, by operation.");

    private static readonly Counter<long> FailureCounter =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.failures", "{request}", "Failed attempts, by operation and kind.");

    private static readonly Counter<long> UploadCounter =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.uploaded", "By", "Content of confirmed puts and parts.");

    private static readonly Counter<long> DownloadCounter =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.downloaded", "By", "Content received.");

    private static readonly BucketOperation[] Operations = Enum.GetValues<BucketOperation>();
    private static readonly BucketErrorKind[] Kinds = Enum.GetValues<BucketErrorKind>();

    private readonly long[] _requests = new long[Operations.Length];
    private readonly long[] _failures = new long[Kinds.Length];
    private long _uploaded;
    private long _downloaded;

    /// <inheritdoc/>
    public string Description => inner.Description;

    /// <inheritdoc/>
    public PartLimits PartLimits => inner.PartLimits;

    /// <inheritdoc/>
    public int MaxKeysPerDelete => inner.MaxKeysPerDelete;

    /// <summary>The figures now. Taken one by one: a request under way may be in some and not in others.</summary>
    public BucketCounters Snapshot() => new(
        Operations.ToDictionary(operation => operation, operation => Volatile.Read(ref _requests[(int)operation])),
        Kinds.ToDictionary(kind => kind, kind => Volatile.Read(ref _failures[(int)kind])),
        Volatile.Read(ref _uploaded),
        Volatile.Read(ref _downloaded));

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Head, inner.HeadAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Get, inner.GetAsync(key, options, new CountingTarget(this, target), cancellationToken));

    /// <inheritdoc/>
    public async Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        await CountAsync(BucketOperation.Put, inner.PutAsync(key, source, options, cancellationToken)).ConfigureAwait(false);
        CountUploaded(source.Length);
    }

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.BeginUpload, inner.BeginUploadAsync(key, options, cancellationToken));

    /// <inheritdoc/>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        var put = inner.PutPartAsync(key, uploadId, place, source, cancellationToken);
        var part = await CountAsync(BucketOperation.PutPart, put).ConfigureAwait(false);
        CountUploaded(source.Length);
        return part;
    }

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.CompleteUpload, inner.CompleteUploadAsync(key, uploadId, parts, options, cancellationToken));

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.AbortUpload, inner.AbortUploadAsync(key, uploadId, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Copy, inner.CopyAsync(source, newKey, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Delete, inner.DeleteAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.DeleteMany, inner.DeleteManyAsync(keys, cancellationToken));

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.List, inner.ListAsync(prefix, delimiter, pageToken, maxKeys, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> CountAsync<T>(BucketOperation operation, Task<T> attempt)
    {
        await CountAsync(operation, (Task)attempt).ConfigureAwait(false);
        return await attempt.ConfigureAwait(false);
    }

    private async Task CountAsync(BucketOperation operation, Task attempt)
    {
        var label = new KeyValuePair<string, object?>("operation", Label(operation));
        Interlocked.Increment(ref _requests[(int)operation]);
        RequestCounter.Add(1, label);
        try
        {
            await attempt.ConfigureAwait(false);
        }
        catch (BucketException failure)
        {
            Interlocked.Increment(ref _failures[(int)failure.Kind]);
            FailureCounter.Add(1, label, new KeyValuePair<string, object?>("kind", failure.Kind.ToString()));
            throw;
        }
    }

    private void CountUploaded(long bytes)
    {
        Interlocked.Add(ref _uploaded, bytes);
        UploadCounter.Add(bytes);
    }

    private static string Label(BucketOperation operation) => operation switch
    {
        BucketOperation.Head => "head",
        BucketOperation.Get => "get",
        BucketOperation.Put => "put",
        BucketOperation.BeginUpload => "begin_upload",
        BucketOperation.PutPart => "put_part",
        BucketOperation.CompleteUpload => "complete_upload",
        BucketOperation.AbortUpload => "abort_upload",
        BucketOperation.Copy => "copy",
        BucketOperation.Delete => "delete",
        BucketOperation.DeleteMany => "delete_many",
        _ => "list",
    };

    private sealed class CountingTarget(MeteredBucket owner, IDownloadTarget target) : IDownloadTarget
    {
        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            target.BeginAsync(info, length, cancellationToken);

        public Memory<byte> GetBuffer() => target.GetBuffer();

        public void Advance(int count)
        {
            Interlocked.Add(ref owner._downloaded, count);
            DownloadCounter.Add(count);
            target.Advance(count);
        }
    }
}
