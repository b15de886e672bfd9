using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Health;

/// <summary>
/// Finds out that a bucket can be used again when nobody else asks it: lists one key at intervals, but only while an outage is known, so that
/// a bucket that works gets no request for it.
/// </summary>
public sealed class RecoveryProbe : IAsyncDisposable
{
    /// <summary>Between two looks, and the longest that one may take.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly IBucket _bucket;
    private readonly string _prefix;
    private readonly BucketHealth _health;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    /// <summary>Begins to watch.</summary>
    /// <param name="bucket">Without retries; its outcomes go to <paramref name="health"/>. To be disposed after this.</param>
    /// <param name="prefix">Of the keys that may be listed.</param>
    /// <param name="health">Says when to look.</param>
    /// <param name="time">The clock; for tests.</param>
    public RecoveryProbe(IBucket bucket, string prefix, BucketHealth health, TimeProvider? time = null)
    {
        (_bucket, _prefix, _health, _time) = (bucket, prefix, health, time ?? TimeProvider.System);
        _looking = LookAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _looking.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (_health.Outage is not null)
                    await TryAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Nobody wants to know any more.
        }
    }

    private async Task TryAsync()
    {
        using var patience = new CancellationTokenSource(Interval, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, patience.Token);
        try
        {
            await _bucket.ListAsync(_prefix, null, null, 1, either.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever it was, the outage goes on; the health has heard of it.
        }
    }
}
