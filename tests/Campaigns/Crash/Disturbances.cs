using OrthancCloudFs.Campaigns.Load;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>Which processes were killed, and not all back yet, while something was asked for. Thread-safe.</summary>
internal sealed class Disturbances
{
    private readonly Lock _lock = new();
    private readonly List<Victims> _all = [];
    private bool _isCalm = true;

    /// <summary>A moment, to be compared with a later one.</summary>
    public int Now
    {
        get
        {
            lock (_lock)
                return _isCalm ? _all.Count : _all.Count - 1;
        }
    }

    /// <summary>All that was away at any time since that moment.</summary>
    public Victims Since(int moment)
    {
        lock (_lock)
            return _all.Skip(moment).Aggregate(Victims.None, static (all, one) => all | one);
    }

    /// <summary>From now on they are away.</summary>
    public void Begin(Victims victims)
    {
        lock (_lock)
        {
            _all.Add(victims);
            _isCalm = false;
        }
    }

    /// <summary>All are back.</summary>
    public void End()
    {
        lock (_lock)
            _isCalm = true;
    }
}
