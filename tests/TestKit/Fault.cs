using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>What goes wrong with one request at the boundary to the bucket.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>The request fails and has no effect.</summary>
    public static Fault Fail(BucketErrorKind kind, TimeSpan? retryAfter = null) => new Failing(kind, retryAfter);

    /// <summary>The request waits until <see cref="FaultRule.Release"/> or cancellation, then goes on as if nothing had been.</summary>
    public static Fault Stall() => new Stalling();

    /// <summary>The request waits this long first.</summary>
    public static Fault Delay(TimeSpan time) => new Delaying(time);

    /// <summary>GET: so many bytes of the body arrive, then it ends (<see cref="BucketErrorKind.Truncated"/>).</summary>
    public static Fault TruncateAfter(long bytes) => new Truncating(bytes);

    /// <summary>GET: one bit of the body arrives flipped, and nobody says so. Counted from the first byte of the body.</summary>
    public static Fault FlipBit(long byteOffset, int bit = 0) => new Flipping(byteOffset, bit);

    /// <summary>PUT or DELETE: the bucket does it, but its answer is lost (<see cref="BucketErrorKind.Network"/>).</summary>
    public static Fault LoseAnswer() => new Losing();

    internal sealed record Failing(BucketErrorKind Kind, TimeSpan? RetryAfter) : Fault;

    internal sealed record Stalling : Fault;

    internal sealed record Delaying(TimeSpan Time) : Fault;

    internal sealed record Truncating(long Bytes) : Fault;

    internal sealed record Flipping(long ByteOffset, int Bit) : Fault;

    internal sealed record Losing : Fault;
}
