using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace OrthancCloudFs.Buckets;

/// <summary>
/// Makes whole operations out of attempts: transient failures are tried again after growing, jittered waits (or as long as the provider
/// says), within one deadline; everything else passes at once. Owns the bucket that it wraps.
/// </summary>
public sealed partial class RetryingBucket : IBucket
{
    private static readonly ResiliencePropertyKey<Operation> OperationKey = new("operation");

    private readonly IBucket _inner;
    private readonly RetryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BucketHealth? _health;
    private readonly ResiliencePipeline _pipeline;
    private long _retries;

    /// <summary>Wraps <paramref name="inner"/>.</summary>
    /// <param name="inner">Disposed with this.</param>
    /// <param name="options">How often and how long.</param>
    /// <param name="logger">Hears of every retry.</param>
    /// <param name="time">For tests; the system's otherwise.</param>
    /// <param name="health">Hears of operations that reach the deadline, whose last attempt has no outcome of its own.</param>
    public RetryingBucket(
        IBucket inner, RetryOptions options, ILogger<RetryingBucket> logger, TimeProvider? time = null, BucketHealth? health = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxRetries, nameof(options));
        (_inner, _options, _logger, _time, _health) = (inner, options, logger, time ?? TimeProvider.System, health);
        var builder = new ResiliencePipelineBuilder { TimeProvider = _time };
        if (options.MaxRetries > 0)
            builder.AddRetry(Strategy(options));
        _pipeline = builder.Build();
    }

    /// <summary>Attempts so far that repeated one that failed for a passing reason.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <inheritdoc/>
    public string Description => _inner.Description;

    /// <inheritdoc/>
    public PartLimits PartLimits => _inner.PartLimits;

    /// <inheritdoc/>
    public int MaxKeysPerDelete => _inner.MaxKeysPerDelete;

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.Head, key, token => _inner.HeadAsync(key, token), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.Get, key, token => _inner.GetAsync(key, options, target, token), cancellationToken);

    /// <inheritdoc/>
    public Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.Put, key, token => Done(_inner.PutAsync(key, source, options, token)), cancellationToken);

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.BeginUpload, key, token => _inner.BeginUploadAsync(key, options, token), cancellationToken);

    /// <inheritdoc/>
    public Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.PutPart, key, token => _inner.PutPartAsync(key, uploadId, place, source, token), cancellationToken);

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(
            BucketOperation.CompleteUpload,
            key,
            token => Done(_inner.CompleteUploadAsync(key, uploadId, parts, options, token)),
            cancellationToken);

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.AbortUpload, key, token => Done(_inner.AbortUploadAsync(key, uploadId, token)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.Copy, source.Key, token => _inner.CopyAsync(source, newKey, token), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.Delete, key, token => Done(_inner.DeleteAsync(key, token)), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Tried again as a whole; what failed of single keys is the caller's to try again.</remarks>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        RunAsync(BucketOperation.DeleteMany, $"{keys.Count} objects", token => _inner.DeleteManyAsync(keys, token), cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken) =>
        RunAsync(
            BucketOperation.List, prefix, token => _inner.ListAsync(prefix, delimiter, pageToken, maxKeys, token), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private static async Task<bool> Done(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    private async Task<T> RunAsync<T>(
        BucketOperation kind, string key, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.TotalTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var operation = new Operation(kind, key, _time.GetTimestamp());
        var context = ResilienceContextPool.Shared.Get(either.Token);
        context.Properties.Set(OperationKey, operation);
        try
        {
            return await _pipeline.ExecuteAsync(
                async (ctx, run) =>
                {
                    if (++operation.Attempts > 1)
                        CountRetry(kind);
                    try
                    {
                        return await run(ctx.CancellationToken).ConfigureAwait(false);
                    }
                    catch (BucketException failure)
                    {
                        operation.LastFailure = failure;
                        throw;
                    }
                },
                context,
                attempt).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            _health?.Failed(kind, BucketErrorKind.Timeout);
            throw TimedOut(operation);
        }
        catch (BucketException failure) when (operation.Attempts > 1)
        {
            var message = failure.IsTransient ? $"{failure.Message} (attempt {operation.Attempts}, the last)" : failure.Message;
            throw new BucketException(failure.Kind, message, failure) { RetryAfter = failure.RetryAfter, AfterRetry = true };
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private RetryStrategyOptions Strategy(RetryOptions options) => new()
    {
        MaxRetryAttempts = options.MaxRetries,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = options.BaseDelay,
        MaxDelay = options.MaxDelay,
        ShouldHandle = outcome => ValueTask.FromResult(outcome.Outcome.Exception is BucketException { IsTransient: true }),
        // Null leaves it to the growing, jittered wait. What the provider said is never undercut, and not kept by all to the moment.
        DelayGenerator = outcome => ValueTask.FromResult(
            (outcome.Outcome.Exception as BucketException)?.RetryAfter is { } told ? told * (1 + (Random.Shared.NextDouble() / 10)) : (TimeSpan?)null),
        OnRetry = retry =>
        {
            if (retry.Context.Properties.TryGetValue(OperationKey, out var operation) && retry.Outcome.Exception is { } cause)
                LogRetry(operation.Kind, operation.Key, operation.Attempts, retry.RetryDelay.TotalMilliseconds, cause.Message);
            return ValueTask.CompletedTask;
        },
    };

    private void CountRetry(BucketOperation kind)
    {
        Interlocked.Increment(ref _retries);
        BucketMeter.CountRetry(kind);
    }

    private BucketException TimedOut(Operation operation)
    {
        var seconds = _time.GetElapsedTime(operation.StartedAt).TotalSeconds;
        var cause = operation.LastFailure is { } last ? $"the last failure: {last.Message}" : "no answer at all";
        var message = $"{operation.Kind} {operation.Key}: given up after {seconds:F1} s and {operation.Attempts} attempt(s); {cause}";
        return new BucketException(BucketErrorKind.Timeout, message, operation.LastFailure);
    }

    [LoggerMessage(1, LogLevel.Warning, "{Operation} {Key}: attempt {Attempt} failed, next in {DelayMs:F0} ms: {Cause}")]
    private partial void LogRetry(BucketOperation operation, string key, int attempt, double delayMs, string cause);

    /// <summary>One operation under way.</summary>
    private sealed record Operation(BucketOperation Kind, string Key, long StartedAt)
    {
        public int Attempts { get; set; }

        public BucketException? LastFailure { get; set; }
    }
}
