using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>A fault in force at a <see cref="FaultyBucket"/>: which requests it hits, and how often it did.</summary>
public sealed class FaultRule
{
    private readonly BucketOperation _operation;
    private readonly Func<string, bool>? _keys;
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;
    private int _hits;

    internal FaultRule(BucketOperation operation, Fault fault, Func<string, bool>? keys, int times)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(times);
        (_operation, Fault, _keys, _left) = (operation, fault, keys, times);
    }

    /// <summary>How many requests it hit so far.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>Completes when the first request was hit (for <see cref="Fault.Stall"/>: when it stands still).</summary>
    public Task Reached => _reached.Task;

    internal Fault Fault { get; }

    internal Task Released => _released.Task;

    /// <summary>Lets every request that stalls here go on, and those to come too.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>Takes the request as hit when the rule fits and is not used up.</summary>
    internal bool TryHit(BucketOperation operation, string key)
    {
        if (operation != _operation || _keys?.Invoke(key) == false)
            return false;
        int left;
        do
        {
            left = Volatile.Read(ref _left);
            if (left == 0)
                return false;
        }
        while (Interlocked.CompareExchange(ref _left, left == int.MaxValue ? left : left - 1, left) != left);
        Interlocked.Increment(ref _hits);
        _reached.TrySetResult();
        return true;
    }
}
