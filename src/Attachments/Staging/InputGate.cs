using System.Threading.RateLimiting;

namespace OrthancCloudFs.Attachments.Staging;

/// <summary>
/// Bounds the bytes that are in encryption or decryption at one time (the plugins' <c>MaxConcurrentInputSize</c>): small attachments go
/// side by side, a large one waits its turn. One larger than the bound goes alone.
/// </summary>
internal sealed class InputGate : IDisposable
{
    private readonly ConcurrencyLimiter _limiter;
    private readonly int _permits;

    /// <param name="bytes">The bound; counted in staging pages.</param>
    public InputGate(long bytes)
    {
        _permits = (int)Math.Clamp(bytes / StagingMemory.PageSize, 1, int.MaxValue);
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = _permits,
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
    }

    /// <summary>Waits for a turn of so many bytes, which lasts until what is returned is disposed.</summary>
    public async ValueTask<IDisposable> EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        int permits = (int)Math.Clamp(StagingMemory.RoundUp(bytes) / StagingMemory.PageSize, 1, _permits);
        RateLimitLease lease = await _limiter.AcquireAsync(permits, cancellationToken).ConfigureAwait(false);
        return lease.IsAcquired ? lease : throw new InvalidOperationException("Too many wait for encryption.");
    }

    public void Dispose() => _limiter.Dispose();
}
