using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Buckets;

/// <summary>
/// Bounds the requests that a provider gets at once, and adapts the bound to what it bears: fewer after each wish to slow down, more again
/// while it serves. To be placed beneath <see cref="RetryingBucket"/>. Owns the bucket that it wraps.
/// </summary>
public sealed partial class AdaptiveBucket : IBucket
{
    private readonly IBucket _inner;
    private readonly ILogger _logger;
    private readonly RequestGate _gate;

    /// <summary>Wraps <paramref name="inner"/>.</summary>
    /// <param name="inner">Disposed with this.</param>
    /// <param name="maxRequests">At once, when the provider bears them.</param>
    /// <param name="logger">Hears of every new bound below the one before.</param>
    /// <param name="time">For tests; the system's otherwise.</param>
    public AdaptiveBucket(IBucket inner, int maxRequests, ILogger<AdaptiveBucket> logger, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRequests);
        (_inner, _logger, MaxRequests) = (inner, logger, maxRequests);
        _gate = new RequestGate(maxRequests, time ?? TimeProvider.System);
    }

    /// <summary>The most requests at once.</summary>
    public int MaxRequests { get; }

    /// <summary>The most requests at once that the provider bears now.</summary>
    public int RequestLimit => _gate.Limit;

    /// <inheritdoc/>
    public string Description => _inner.Description;

    /// <inheritdoc/>
    public PartLimits PartLimits => _inner.PartLimits;

    /// <inheritdoc/>
    public int MaxKeysPerDelete => _inner.MaxKeysPerDelete;

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.HeadAsync(key, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.GetAsync(key, options, target, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.PutAsync(key, source, options, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.BeginUploadAsync(key, options, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.PutPartAsync(key, uploadId, place, source, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.CompleteUploadAsync(key, uploadId, parts, options, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.AbortUploadAsync(key, uploadId, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.CopyAsync(source, newKey, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.DeleteAsync(key, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.DeleteManyAsync(keys, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken) =>
        RunAsync(() => _inner.ListAsync(prefix, delimiter, pageToken, maxKeys, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async Task<T> RunAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
    {
        T answer = default!;
        await RunAsync(async () => { answer = await request().ConfigureAwait(false); }, cancellationToken).ConfigureAwait(false);
        return answer;
    }

    private async Task RunAsync(Func<Task> request, CancellationToken cancellationToken)
    {
        var entered = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await request().ConfigureAwait(false);
        }
        catch (BucketException failure) when (failure.Kind == BucketErrorKind.Throttled)
        {
            if (_gate.Throttled(entered, failure.RetryAfter) is { } limit)
                LogFewer(limit, failure.Message);
            throw;
        }
        catch
        {
            _gate.Leave();
            throw;
        }
        _gate.Succeeded();
    }

    [LoggerMessage(1, LogLevel.Warning, "The bucket asks to slow down: at most {Limit} requests at once now ({Cause})")]
    private partial void LogFewer(int limit, string cause);
}
