namespace OrthancCloudFs.TestKit;

/// <summary>The system's clock, set forward at will.</summary>
public sealed class MovableClock : TimeProvider
{
    private long _offset;

    /// <summary>How far it is set forward.</summary>
    public TimeSpan Offset
    {
        get => new(Interlocked.Read(ref _offset));
        set => Interlocked.Exchange(ref _offset, value.Ticks);
    }

    /// <summary>The same as adding to the offset, for several at the same time.</summary>
    public void Advance(TimeSpan time) => Interlocked.Add(ref _offset, time.Ticks);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}
