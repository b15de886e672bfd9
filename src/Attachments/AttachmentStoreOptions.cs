namespace OrthancCloudFs.Attachments;

/// <summary>How the store behaves; every value has a default that suits a site.</summary>
public sealed record AttachmentStoreOptions
{
    /// <summary>
    /// Store a new object only if the bucket has none of that name (If-None-Match), so that no attachment is ever overwritten. Off for
    /// gateways that do not know conditional requests.
    /// </summary>
    public bool ConditionalPut { get; init; } = true;

    /// <summary>
    /// Files may be closed without anybody hearing how their commit ends (<see cref="Commit.AttachmentWriter.CommitClosedAsync"/>): what is
    /// uploaded in parts while it is written is kept on local disk, too, until then.
    /// </summary>
    public bool MayCloseUnheard { get; init; }

    /// <summary>
    /// How long the bucket may take over a delete that cannot be remembered on disk, or whose name is wanted again.
    /// </summary>
    public TimeSpan DeletePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the bucket may take to say whether it has an object whose put ended without a clear answer; longer for a plain object, which
    /// has to be read for that.
    /// </summary>
    public TimeSpan OutcomePatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a writer that outgrew its share waits for room before its attachment fails.</summary>
    public TimeSpan GrowthPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The share of the staging memory that a new writer is granted when it is created, as a divisor. A share is large, because a writer
    /// within its share never waits again, and it shrinks to what was written as soon as the commit begins.
    /// </summary>
    public int WriterShareDivisor { get; init; } = 4;

    /// <summary>The most bytes of a writer's share, whatever the staging memory.</summary>
    public long LargestWriterShare { get; init; } = 64L << 20;

    /// <summary>Bytes of one part of an attachment that outgrows its writer's share; smaller where the staging memory is.</summary>
    public long PartBytes { get; init; } = 8L << 20;

    /// <summary>The most bytes of one write, by the adapter.</summary>
    public long LargestWrite { get; init; } = 1L << 20;

    /// <summary>Parts of one attachment on their way at once.</summary>
    public int PartsInParallel { get; init; } = 4;

    /// <summary>Bytes of whole attachments in encryption or decryption at one time; what is streamed goes page by page and does not count.</summary>
    public long MostConcurrentInput { get; init; } = 1L << 30;

    /// <summary>The most bytes of an object whose body is fetched along with a look-up.</summary>
    public long LargestPrefetch { get; init; } = 64L << 20;

    /// <summary>Keys asked for in one page of a listing.</summary>
    public int ListPageSize { get; init; } = 1000;
}
