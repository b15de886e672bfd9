namespace OrthancCloudFs.Buckets;

/// <summary>
/// Counts the attempts on a bucket and judges its health by them; to be placed beneath <see cref="RetryingBucket"/>. The same figures are
/// published by <see cref="BucketMeter"/>. Owns the bucket that it wraps.
/// </summary>
public sealed class MeteredBucket(IBucket inner, TimeProvider? time = null) : IBucket
{
    private static readonly BucketOperation[] Operations = Enum.GetValues<BucketOperation>();
    private static readonly BucketErrorKind[] Kinds = Enum.GetValues<BucketErrorKind>();

    private readonly long[] _requests = new long[Operations.Length];
    private readonly long[] _failures = new long[Kinds.Length];
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _uploaded;
    private long _downloaded;

    /// <summary>Whether the bucket can be used, by the outcome of the attempts.</summary>
    public BucketHealth Health { get; } = new(time);

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
        CountAsync(BucketOperation.Head, () => inner.HeadAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Get, () => inner.GetAsync(key, options, new CountingTarget(this, target), cancellationToken));

    /// <inheritdoc/>
    public async Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        await CountAsync(BucketOperation.Put, () => inner.PutAsync(key, source, options, cancellationToken)).ConfigureAwait(false);
        CountUploaded(source.Length);
    }

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.BeginUpload, () => inner.BeginUploadAsync(key, options, cancellationToken));

    /// <inheritdoc/>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        var part = await CountAsync(BucketOperation.PutPart, () => inner.PutPartAsync(key, uploadId, place, source, cancellationToken))
            .ConfigureAwait(false);
        CountUploaded(source.Length);
        return part;
    }

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.CompleteUpload, () => inner.CompleteUploadAsync(key, uploadId, parts, options, cancellationToken));

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.AbortUpload, () => inner.AbortUploadAsync(key, uploadId, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Copy, () => inner.CopyAsync(source, newKey, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.Delete, () => inner.DeleteAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.DeleteMany, () => inner.DeleteManyAsync(keys, cancellationToken));

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken) =>
        CountAsync(BucketOperation.List, () => inner.ListAsync(prefix, delimiter, pageToken, maxKeys, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> CountAsync<T>(BucketOperation operation, Func<Task<T>> attempt)
    {
        T answer = default!;
        await CountAsync(operation, async () => { answer = await attempt().ConfigureAwait(false); }).ConfigureAwait(false);
        return answer;
    }

    private async Task CountAsync(BucketOperation operation, Func<Task> attempt)
    {
        Interlocked.Increment(ref _requests[(int)operation]);
        BucketMeter.CountRequest(operation);
        var started = _time.GetTimestamp();
        var outcome = BucketMeter.Other;
        try
        {
            await attempt().ConfigureAwait(false);
            outcome = BucketMeter.Ok;
            Health.Succeeded(operation);
        }
        catch (BucketException failure)
        {
            outcome = BucketMeter.LabelOf(failure.Kind);
            Interlocked.Increment(ref _failures[(int)failure.Kind]);
            BucketMeter.CountFailure(operation, failure.Kind);
            Health.Failed(operation, failure.Kind);
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = BucketMeter.Cancelled;
            throw;
        }
        finally
        {
            BucketMeter.RecordDuration(operation, outcome, _time.GetElapsedTime(started));
        }
    }

    private void CountUploaded(long bytes)
    {
        Interlocked.Add(ref _uploaded, bytes);
        BucketMeter.CountUploaded(bytes);
    }

    private sealed class CountingTarget(MeteredBucket owner, IDownloadTarget target) : IDownloadTarget
    {
        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            target.BeginAsync(info, length, cancellationToken);

        public Memory<byte> GetBuffer() => target.GetBuffer();

        public void Advance(int count)
        {
            Interlocked.Add(ref owner._downloaded, count);
            BucketMeter.CountDownloaded(count);
            target.Advance(count);
        }
    }
}
