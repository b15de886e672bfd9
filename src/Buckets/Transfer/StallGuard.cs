namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>One attempt: cancelled when the caller wants it, or when nothing moved for a while.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source;

    /// <summary>Starts the time.</summary>
    internal StallGuard(TimeSpan timeout, CancellationToken caller)
    {
        (_timeout, _caller) = (timeout, caller);
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _source.CancelAfter(timeout);
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>Nothing moved, and the caller still wants it.</summary>
    internal bool Stalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>The caller's own cancellation, which passes as it is.</summary>
    internal bool IsCancellation(Exception failure) => failure is OperationCanceledException && _caller.IsCancellationRequested;

    /// <summary>Bytes moved.</summary>
    internal void Progress() => _source.CancelAfter(_timeout);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
