using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>How an <see cref="UploadJournal"/> behaves.</summary>
public sealed record UploadJournalOptions
{
    /// <summary>New objects are acknowledged when they are in the journal; otherwise only what an earlier mount left is uploaded.</summary>
    public bool Accepts { get; init; }

    /// <summary>The most bytes of objects on disk at one time; beyond it, objects go through to the bucket.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>Objects on their way to the bucket at one time.</summary>
    public int Parallel { get; init; } = 8;

    /// <summary>Pieces of one large object on their way at one time, where the provider allows.</summary>
    public int PiecesInParallel { get; init; } = 4;

    /// <summary>As <see cref="AttachmentStoreOptions.ConditionalPut"/>.</summary>
    public bool ConditionalPut { get; init; } = true;
}

/// <summary>Where a journal's objects go, and what it works with.</summary>
/// <param name="Bucket">The bucket, with retries of its own.</param>
/// <param name="SingleAttempts">The same bucket without: the journal has its own.</param>
/// <param name="Deletes">Where deletes go on; not started yet.</param>
/// <param name="HeaderLength">Bytes of the envelope's header.</param>
public sealed record UploadTargets(IBucket Bucket, IBucket SingleAttempts, PendingDeletes Deletes, int HeaderLength);

/// <summary>What an <see cref="UploadJournal"/> holds now.</summary>
/// <param name="Uploads">Objects that are not in the bucket yet.</param>
/// <param name="Stuck">Those among them that cannot get there without somebody's doing; the log says why.</param>
/// <param name="Bytes">Of all of them, and of those being written.</param>
/// <param name="MaxBytes">The bound.</param>
/// <param name="OldestSince">When the oldest one was acknowledged; null without any.</param>
public readonly record struct UploadJournalCounters(int Uploads, int Stuck, long Bytes, long MaxBytes, DateTimeOffset? OldestSince);
