using OrthancCloudFs.Attachments.Staging;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// What staging memory holds of a committed attachment that can be read: kept while somebody has it open, and after that until room is
/// needed.
/// </summary>
internal abstract class CachedContent(AttachmentInfo info, long reserved)
{
    public AttachmentInfo Info => info;

    /// <summary>Bytes of staging memory held.</summary>
    public long Reserved => reserved;

    /// <summary>How many have it open; guarded by <see cref="ContentCache"/>.</summary>
    public int Pins { get; set; }

    /// <summary>No longer found by its name; guarded by <see cref="ContentCache"/>.</summary>
    public bool IsDetached { get; set; }

    public LinkedListNode<CachedContent>? UnpinnedNode { get; set; }

    /// <summary>All of the content where it is in memory as a whole; null where it is fetched as it is read.</summary>
    public abstract StagedContent? Whole { get; }

    /// <summary>True when <see cref="EnsureOpened"/> would do nothing.</summary>
    public abstract bool IsOpened { get; }

    /// <summary>Makes the plain content readable; does nothing when it is.</summary>
    /// <exception cref="AttachmentException">It cannot be read, now or later.</exception>
    public abstract void EnsureOpened();

    /// <summary>Copies plain content out; returns how many bytes there were, fewer than asked for only at the end.</summary>
    /// <exception cref="AttachmentException">The bucket does not deliver what was authenticated.</exception>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken);

    /// <summary>Clears and gives back every page; the reservation is released separately.</summary>
    public abstract void Free();
}
