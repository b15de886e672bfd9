namespace OrthancCloudFs.Buckets.S3;

/// <summary>
/// One attempt that has a connection to itself: cancelled when the caller wants it, or when nothing moved for a while. Waiting for a free
/// connection is no stall.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source;
    private readonly SemaphoreSlim _connections;

    private StallGuard(SemaphoreSlim connections, TimeSpan timeout, CancellationToken caller)
    {
        (_connections, _timeout, _caller) = (connections, timeout, caller);
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _source.CancelAfter(timeout);
    }

    /// <summary>Waits for one of the connections, then starts the time.</summary>
    internal static async Task<StallGuard> StartAsync(SemaphoreSlim connections, TimeSpan timeout, CancellationToken caller)
    {
        await connections.WaitAsync(caller).ConfigureAwait(false);
        return new StallGuard(connections, timeout, caller);
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>Nothing moved, and the caller still wants it.</summary>
    internal bool Stalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Bytes moved.</summary>
    internal void Progress() => _source.CancelAfter(_timeout);

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _connections.Release();
    }
}
