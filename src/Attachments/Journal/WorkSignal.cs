namespace OrthancCloudFs.Attachments.Journal;

/// <summary>Tells one worker that there may be something to do, and those who end it when there is no more.</summary>
internal sealed class WorkSignal(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _set = new(0);

    /// <summary>Wakes the worker now, or when it waits next. Without effect after the end.</summary>
    public void Set()
    {
        try
        {
            if (_set.CurrentCount == 0)
                _set.Release();
        }
        catch (ObjectDisposedException)
        {
            // What is on disk is taken up by the next start.
        }
    }

    /// <summary>Waits until there may be something to do, or the time is over.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _set.WaitAsync(atMost, cancellationToken);

    /// <summary>Lets the worker go on until nothing is left that may end in time.</summary>
    /// <param name="mayEndWithin">True while something is under way, or comes due in the time that is left.</param>
    /// <param name="patience">The longest that this takes.</param>
    public async Task DrainAsync(Func<TimeSpan, bool> mayEndWithin, TimeSpan patience)
    {
        long start = time.GetTimestamp();
        while (patience - time.GetElapsedTime(start) is { Ticks: > 0 } left && mayEndWithin(left))
            await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _set.Dispose();
}
