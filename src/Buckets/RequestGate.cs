namespace OrthancCloudFs.Buckets;

/// <summary>
/// How many requests a provider gets at once: at most so many, half as many when it asks to slow down, and one more for each full round
/// of successes (additive increase, multiplicative decrease, as TCP does). While the provider's Retry-After runs, nothing starts.
/// Who waits is served in order. Thread-safe.
/// </summary>
internal sealed class RequestGate(int most, TimeProvider time)
{
    /// <summary>The longest pause for all because one request was told to wait; that request itself waits as long as it was told.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private double _limit = most;
    private int _running;
    private int _round;
    private long _resumeAt = long.MinValue;
    private ITimer? _resume;

    /// <summary>Requests that may run at once now.</summary>
    internal int Limit
    {
        get
        {
            lock (_lock)
                return (int)_limit;
        }
    }

    /// <summary>Waits for a turn.</summary>
    /// <returns>To be handed to <see cref="Leave"/>.</returns>
    internal async Task<int> EnterAsync(CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_waiting.Count == 0 && MayStart())
            {
                _running++;
                return _round;
            }
            _waiting.AddLast(turn);
        }
        var registration = cancellationToken.UnsafeRegister(_ => turn.TrySetCanceled(cancellationToken), null);
        await using (registration.ConfigureAwait(false))
            await turn.Task.ConfigureAwait(false);
        lock (_lock)
            return _round;
    }

    /// <summary>The request ended with an answer that says nothing of the provider's load.</summary>
    internal void Leave() => Leave(growth: 0);

    /// <summary>The request was served.</summary>
    internal void Succeeded() => Leave(growth: 1);

    /// <summary>The provider asked to slow down.</summary>
    /// <param name="entered">What <see cref="EnterAsync"/> gave: of all requests that were under way together, only one counts.</param>
    /// <param name="retryAfter">What the provider said.</param>
    /// <returns>The new limit, or null where it did not change.</returns>
    internal int? Throttled(int entered, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            _running--;
            if (retryAfter is { } wait)
                Pause(wait);
            int? changed = null;
            if (entered == _round)
            {
                _round++;
                var limit = Math.Max(1, _limit / 2);
                changed = (int)limit < (int)_limit ? (int)limit : null;
                _limit = limit;
            }
            StartWaiting();
            return changed;
        }
    }

    private void Leave(int growth)
    {
        lock (_lock)
        {
            _running--;
            _limit = Math.Min(most, _limit + (growth / _limit));
            StartWaiting();
        }
    }

    private bool MayStart() => _running < (int)_limit && time.GetTimestamp() >= _resumeAt;

    private void StartWaiting()
    {
        while (_waiting.First is { } first && MayStart())
        {
            _waiting.RemoveFirst();
            if (first.Value.TrySetResult()) // false: cancelled
                _running++;
        }
    }

    private void Pause(TimeSpan wait)
    {
        if (wait > LongestPause)
            wait = LongestPause;
        var until = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        if (until <= _resumeAt)
            return;
        _resumeAt = until;
        Arm(wait);
    }

    private void Arm(TimeSpan wait)
    {
        _resume?.Dispose();
        _resume = time.CreateTimer(_ => Resume(), null, wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private void Resume()
    {
        lock (_lock)
        {
            // Timers and timestamps are of different clocks; nothing else may come to wake those who wait.
            var left = time.GetElapsedTime(time.GetTimestamp(), _resumeAt);
            if (left > TimeSpan.Zero)
                Arm(left);
            else
                StartWaiting();
        }
    }
}
