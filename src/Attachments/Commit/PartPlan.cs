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

    /// <summary>With so many parts their size grows, so that their number stays far below any provider's limit.</summary>
    private const int PartsPerSize = 2000;

    private readonly PartLimits _limits;
    private readonly long _usual;
    private readonly long _largest;

    /// <summary>Plans within a provider's limits.</summary>
    /// <param name="limits">The provider's.</param>
    /// <param name="share">Bytes that a writer may stage without waiting for anybody; at least <see cref="LeastShare"/>.</param>
    /// <param name="wanted">Bytes of a part, if the share allows.</param>
    /// <param name="parallel">Parts on their way at once, if the provider allows.</param>
    private PartPlan(PartLimits limits, long share, long wanted, int parallel)
    {
        _limits = limits;
        long room = share - LeastShare(limits) + limits.MinimumBytes;
        _largest = Math.Min(room, limits.MaximumBytes);
        _usual = Math.Clamp(wanted, limits.MinimumBytes, Math.Clamp(share / 2, limits.MinimumBytes, _largest));
        Parallel = limits.InOrder ? 1 : parallel;
        MostStaged = share + (Parallel * _usual);
    }

    /// <summary>Parts on their way at once.</summary>
    public int Parallel { get; }

    /// <summary>Bytes that a writer holds at most while its attachment is streamed.</summary>
    public long MostStaged { get; }

    /// <summary>True where a part may end anywhere; then it ends with a staging page, which so belongs to one part.</summary>
    public bool EndsAnywhere => _limits.GranularityBytes == 1;

    /// <summary>A plan; null where the share is too small for a part, and only what fits in the memory as a whole can be stored.</summary>
    /// <inheritdoc cref="PartPlan(PartLimits, long, long, int)"/>
    public static PartPlan? TryCreate(PartLimits limits, long share, long wanted, int parallel) =>
        share < LeastShare(limits) ? null : new PartPlan(limits, share, wanted, parallel);

    /// <summary>The least share with which an attachment can be streamed: a part, and what must have arrived behind it.</summary>
    public static long LeastShare(PartLimits limits) =>
        StagingMemory.RoundUp(limits.MinimumBytes + limits.GranularityBytes + (2 * TakenAtOnce));

    /// <summary>Bytes that make up the part of that number, from 1.</summary>
    public long BytesOf(int number)
    {
        long bytes = Math.Min(_usual * (1 + (number / PartsPerSize)), _largest);
        return Math.Max(bytes / _limits.GranularityBytes, 1) * _limits.GranularityBytes;
    }
}
