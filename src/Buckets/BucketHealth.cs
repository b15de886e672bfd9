namespace OrthancCloudFs.Buckets;

/// <summary>
/// Whether a bucket can be used, judged by the outcome of every attempt on it, and by nothing else: no request is made to find out.
/// Thread-safe.
/// </summary>
/// <remarks>
/// An outage begins at once when the bucket says that it will not serve us (forbidden, unauthenticated, no such bucket). Where it fails or
/// does not answer, that may be a moment's, which a retry gets over: an outage are <see cref="MostInARow"/> such attempts with no success
/// between them, or no success for <see cref="Patience"/> after one. Every success ends an outage.
/// </remarks>
/// <param name="time">The clock; for tests.</param>
public sealed class BucketHealth(TimeProvider? time = null)
{
    /// <summary>Attempts in a row that fail for what may be a passing reason.</summary>
    internal const int MostInARow = 3;

    /// <summary>How long such a failure may stay the last word.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long a wish to slow down is worth telling.</summary>
    internal static readonly TimeSpan ThrottlingLasts = TimeSpan.FromMinutes(1);

    /// <summary>How long it is worth telling that one kind of operation was refused, while others succeed.</summary>
    internal static readonly TimeSpan RefusalLasts = TimeSpan.FromMinutes(5);

    private static readonly BucketOperation[] Operations = Enum.GetValues<BucketOperation>();

    private readonly Lock _lock = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Refusal?[] _refusals = new Refusal?[Operations.Length];
    private Streak? _streak;
    private long? _throttledAt;

    /// <summary>An outage has ended. Raised by the answer that ended it, which waits for the handlers.</summary>
    public event EventHandler? Recovered;

    /// <summary>What is wrong; null while the bucket can be used, or nothing is known.</summary>
    public BucketOutage? Outage
    {
        get
        {
            lock (_lock)
            {
                return _streak is { } streak && IsOutage(streak)
                    ? new BucketOutage(streak.Kind, streak.Since, streak.Attempts)
                    : null;
            }
        }
    }

    /// <summary>True when the bucket asked to slow down within the last minute.</summary>
    public bool IsThrottling
    {
        get
        {
            lock (_lock)
                return _throttledAt is { } at && _time.GetElapsedTime(at) < ThrottlingLasts;
        }
    }

    /// <summary>
    /// The kinds of operation that were refused (forbidden, no space) within the last five minutes and have not succeeded since, although
    /// others may.
    /// </summary>
    public IReadOnlyList<(BucketOperation Operation, BucketErrorKind Kind)> Refusals
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. Operations
                        .Where(operation => _refusals[(int)operation] is { } refusal && _time.GetElapsedTime(refusal.At) < RefusalLasts)
                        .Select(operation => (operation, _refusals[(int)operation]!.Kind)),
                ];
            }
        }
    }

    internal void Succeeded(BucketOperation operation)
    {
        bool isRecovered;
        lock (_lock)
        {
            isRecovered = _streak is { } streak && IsOutage(streak);
            _streak = null;
            _refusals[(int)operation] = null;
        }

        if (isRecovered)
            Recovered?.Invoke(this, EventArgs.Empty);
    }

    internal void Failed(BucketOperation operation, BucketErrorKind kind)
    {
        lock (_lock)
        {
            if (kind == BucketErrorKind.Throttled)
                _throttledAt = _time.GetTimestamp();
            if (kind is BucketErrorKind.Forbidden or BucketErrorKind.NoSpace)
                _refusals[(int)operation] = new Refusal(kind, _time.GetTimestamp());
            if (SaysUnusable(kind) || SaysUnreachable(kind))
            {
                _streak = _streak is { } streak
                    ? streak with { Kind = kind, Attempts = streak.Attempts + 1, IsCertain = streak.IsCertain || SaysUnusable(kind) }
                    : new Streak(kind, _time.GetUtcNow(), _time.GetTimestamp(), Attempts: 1, SaysUnusable(kind));
            }
        }
    }

    private static bool SaysUnusable(BucketErrorKind kind) =>
        kind is BucketErrorKind.Forbidden or BucketErrorKind.Unauthenticated or BucketErrorKind.NoSuchBucket;

    private static bool SaysUnreachable(BucketErrorKind kind) =>
        kind is BucketErrorKind.Network or BucketErrorKind.Timeout or BucketErrorKind.ProviderFailure;

    private bool IsOutage(Streak streak) =>
        streak.IsCertain || streak.Attempts >= MostInARow || _time.GetElapsedTime(streak.BeganAt) >= Patience;

    /// <summary>Failures with no success between them; <paramref name="Kind"/> is the last one's.</summary>
    private sealed record Streak(BucketErrorKind Kind, DateTimeOffset Since, long BeganAt, int Attempts, bool IsCertain);

    private sealed record Refusal(BucketErrorKind Kind, long At);
}

/// <summary>A bucket that cannot be used.</summary>
/// <param name="Kind">How the last attempt failed.</param>
/// <param name="Since">When the first one did.</param>
/// <param name="Attempts">That have failed since then.</param>
public sealed record BucketOutage(BucketErrorKind Kind, DateTimeOffset Since, int Attempts);
