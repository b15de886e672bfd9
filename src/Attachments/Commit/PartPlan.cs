using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>How an attachment that outgrows its writer's share is cut into parts.</summary>
internal sealed class PartPlan
{
    /// <summary>
    /// What has arrived is taken in multiples of this, because the kernel writes its last page again when that was not full before. Its
    /// pages have 4 to 64 KiB.
    /// </summary>
    public const int TakenAtOnce = 64 << 10;

    /// <summary>Smaller parts are not worth a request, also where the provider takes them.</summary>
    private const long SmallestPart = 256 << 10;

    /// <summary>With so many parts their size grows, so that their number stays far below any provider's limit.</summary>
    private const int PartsPerSize = 2000;

    private readonly PartLimits _limits;
    private readonly long _largestWrite;
    private readonly long _usual;
    private readonly long _largest;

    /// <summary>Plans within a provider's limits.</summary>
    /// <param name="limits">The provider's.</param>
    /// <param name="share">Bytes that a writer may stage without waiting for anybody; at least <see cref="LeastShare"/>.</param>
    /// <param name="largestWrite">The most bytes of one write.</param>
    /// <param name="wanted">Bytes of a part, if the share allows.</param>
    /// <param name="parallel">Parts on their way at once, if the provider allows.</param>
    private PartPlan(PartLimits limits, long share, long largestWrite, long wanted, int parallel)
    {
        (_limits, _largestWrite) = (limits, largestWrite);
        long least = LeastPart(limits);
        _largest = Math.Min(share - LeastShare(limits, largestWrite) + least, limits.MaximumBytes);
        _usual = Math.Clamp(wanted, least, Math.Clamp(share / 2, least, _largest));
        Parallel = limits.InOrder ? 1 : parallel;
        MostStaged = share + (Parallel * _usual) + BesidePart(largestWrite);
    }

    /// <summary>Parts on their way at once.</summary>
    public int Parallel { get; }

    /// <summary>Bytes that a writer holds at most while its attachment is streamed.</summary>
    public long MostStaged { get; }

    /// <summary>True where a part may end anywhere; then it ends with a staging page, which so belongs to one part.</summary>
    public bool EndsAnywhere => _limits.GranularityBytes == 1;

    /// <summary>A plan; null where the share is too small for a part, and only what fits in the memory as a whole can be stored.</summary>
    /// <inheritdoc cref="PartPlan(PartLimits, long, long, long, int)"/>
    public static PartPlan? TryCreate(PartLimits limits, long share, long largestWrite, long wanted, int parallel) =>
        share < LeastShare(limits, largestWrite) ? null : new PartPlan(limits, share, largestWrite, wanted, parallel);

    /// <summary>The least share with which an attachment can be streamed: a part, and what must be able to arrive behind it.</summary>
    public static long LeastShare(PartLimits limits, long largestWrite) =>
        StagingMemory.RoundUp(LeastPart(limits) + limits.GranularityBytes + BesidePart(largestWrite));

    /// <summary>
    /// Bytes that must be free beside what is held out of order: for the part of that number, and for the write that is to come next.
    /// Otherwise what came early could keep out for ever what it waits for.
    /// </summary>
    public long RoomToGoOn(int number) => BytesOf(number) + BesidePart(_largestWrite);

    /// <summary>Bytes that make up the part of that number, from 1.</summary>
    public long BytesOf(int number)
    {
        long bytes = Math.Min(_usual * (1 + (number / PartsPerSize)), _largest);
        return Math.Max(bytes / _limits.GranularityBytes, 1) * _limits.GranularityBytes;
    }

    private static long LeastPart(PartLimits limits) => Math.Max(limits.MinimumBytes, Math.Min(SmallestPart, limits.MaximumBytes));

    /// <summary>What must find room beside a part that is not full yet: what is not taken before more has arrived, and the write that brings it.</summary>
    private static long BesidePart(long largestWrite) => (2 * TakenAtOnce) + largestWrite;
}
