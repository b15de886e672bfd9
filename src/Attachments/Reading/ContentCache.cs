using System.Diagnostics.CodeAnalysis;
using OrthancCloudFs.Attachments.Staging;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// Committed attachments in staging memory, found by name. What nobody has open is given back least recently used first, at the moment
/// when the memory is needed: the reason why a general cache, which compacts later and in the background, does not fit a strict budget.
/// </summary>
internal sealed class ContentCache(StagingMemory memory)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AttachmentId, CachedContent> _byId = [];
    private readonly LinkedList<CachedContent> _unpinned = new();
    private long _unpinnedBytes;

    /// <summary>Bytes that could be reclaimed now.</summary>
    public long UnpinnedBytes
    {
        get
        {
            lock (_lock)
                return _unpinnedBytes;
        }
    }

    public bool TryGetInfo(AttachmentId id, [NotNullWhen(true)] out AttachmentInfo? info)
    {
        lock (_lock)
            info = _byId.GetValueOrDefault(id)?.Info;
        return info is not null;
    }

    /// <summary>Finds content and keeps it until <see cref="Unpin"/>.</summary>
    public bool TryPin(AttachmentId id, [NotNullWhen(true)] out CachedContent? content)
    {
        lock (_lock)
        {
            if (!_byId.TryGetValue(id, out content))
                return false;
            if (content.Pins++ == 0)
                Unlist(content);
            return true;
        }
    }

    /// <summary>Keeps content that somebody has open for one more <see cref="Unpin"/>.</summary>
    public void PinOnceMore(CachedContent content)
    {
        lock (_lock)
            content.Pins++;
    }

    /// <summary>Takes over content, replacing older content of that name, pinned so many times.</summary>
    public void Add(CachedContent content, int pins)
    {
        CachedContent? freed = null;
        lock (_lock)
        {
            if (_byId.TryGetValue(content.Info.Id, out CachedContent? older))
                freed = Detach(older);
            _byId[content.Info.Id] = content;
            content.Pins = pins;
            if (pins == 0)
                List(content);
        }

        Free(freed);
        if (pins == 0)
            memory.OfferReclaimable();
    }

    /// <summary>Takes over content that nobody may find by its name any more, pinned so many times.</summary>
    public void AddDetached(CachedContent content, int pins)
    {
        lock (_lock)
            (content.IsDetached, content.Pins) = (true, pins);
        if (pins == 0)
            Free(content);
    }

    /// <summary>One user less.</summary>
    public void Unpin(CachedContent content)
    {
        bool detached;
        lock (_lock)
        {
            if (--content.Pins > 0)
                return;
            detached = content.IsDetached;
            if (!detached)
                List(content);
        }

        // Once listed, it may be reclaimed, and detached, at any moment: only what was decided inside the lock counts.
        if (detached)
            Free(content);
        else
            memory.OfferReclaimable();
    }

    /// <summary>The name is gone; the memory follows when nobody has it open.</summary>
    public void Remove(AttachmentId id)
    {
        CachedContent? freed = null;
        lock (_lock)
        {
            if (_byId.TryGetValue(id, out CachedContent? content))
                freed = Detach(content);
        }

        Free(freed);
    }

    /// <summary>Gives back at least so many bytes, or all that nobody has open; returns the bytes released.</summary>
    public long Reclaim(long bytes)
    {
        long released = 0;
        while (released < bytes)
        {
            CachedContent? oldest;
            lock (_lock)
            {
                oldest = _unpinned.First?.Value;
                if (oldest is null)
                    break;
                Detach(oldest);
            }

            released += oldest.Reserved;
            Free(oldest);
        }

        return released;
    }

    private CachedContent? Detach(CachedContent content)
    {
        _byId.Remove(content.Info.Id);
        content.IsDetached = true;
        if (content.Pins > 0)
            return null;
        Unlist(content);
        return content;
    }

    private void List(CachedContent content)
    {
        content.UnpinnedNode = _unpinned.AddLast(content);
        _unpinnedBytes += content.Reserved;
    }

    private void Unlist(CachedContent content)
    {
        if (content.UnpinnedNode is not { } node)
            return;
        _unpinned.Remove(node);
        content.UnpinnedNode = null;
        _unpinnedBytes -= content.Reserved;
    }

    private void Free(CachedContent? content)
    {
        if (content is null)
            return;
        content.Free();
        memory.Release(content.Reserved);
    }
}
