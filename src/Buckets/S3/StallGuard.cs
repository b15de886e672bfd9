namespace OrthancCloudFs.Buckets.S3;

/// <summary>Cancels one attempt when the caller does, or when nothing moved for a while.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source;

    internal StallGuard(TimeSpan timeout, CancellationToken caller)
    {
        (_timeout, _caller) = (timeout, caller);
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _source.CancelAfter(timeout);
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>Nothing moved, and the caller still wants it.</summary>
    internal bool Stalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Bytes moved.</summary>
    internal void Progress() => _source.CancelAfter(_timeout);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
