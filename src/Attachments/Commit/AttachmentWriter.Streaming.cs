using OrthancCloudFs.Attachments.Staging;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// What happens when an attachment outgrows the share of the staging memory that its writer was granted: it is handed, page by page from
/// its start, to an upload in parts, and each part that was put makes room.
/// </summary>
public sealed partial class AttachmentWriter
{
    /// <summary>So long without progress is not the usual disorder of requests side by side.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(1);

    private readonly PartPlan? _plan;
    private readonly Func<AttachmentWriter, StreamedUpload> _startUpload;
    private readonly Pulse _freed = new();
    private readonly Pulse _arrived = new();

    /// <summary>Bytes of content from the start that were handed over.</summary>
    private long _taken;

    /// <summary>Bytes of pages that were handed over and have not come back.</summary>
    private long _outgoing;

    /// <summary>
    /// What is to come next did not come for a while, perhaps because the kernel has as many requests under way as it may, all of them
    /// ahead of their turn: from then on they may take what memory is free, beyond what is usual.
    /// </summary>
    private volatile bool _isStuck;

    /// <summary>True while the upload has all that it can take, and waits for more.</summary>
    private bool _isStarved;

    /// <summary>The upload in parts; null while the attachment fits in its share.</summary>
    internal StreamedUpload? Upload { get; private set; }

    /// <summary>Where the bytes end that the upload may take.</summary>
    private long Takeable => _state == State.Committing
        ? _content.Length
        : _written.FilledFromStart / PartPlan.TakenAtOnce * PartPlan.TakenAtOnce;

    private long RoomToGoOn => _plan?.RoomToGoOn(Upload?.NextPart ?? 1) ?? 0;

    /// <summary>True while room will come free by itself.</summary>
    private bool IsUploading
    {
        get
        {
            lock (_lock)
                return Upload is { } upload && (!_isStarved || _taken < Takeable || upload.PartsUnderWay > 0);
        }
    }

    /// <summary>The next page of content from the start, and how many bytes of it count; null when all was handed over.</summary>
    /// <exception cref="AttachmentException">The attachment has failed.</exception>
    internal async Task<(StagingPage Page, int Length)?> NextPageAsync()
    {
        while (true)
        {
            Task arrived;
            lock (_lock)
            {
                if (_state == State.Failed)
                    throw _failure!;
                if (_taken < Takeable)
                {
                    int length = (int)Math.Min(StagingMemory.PageSize, Takeable - _taken);
                    _taken += length;
                    _outgoing += StagingMemory.PageSize;
                    _isStarved = false;
                    return (_content.TakeFirstPage(), length);
                }

                if (_state == State.Committing)
                    return null;
                _isStarved = true;
                arrived = _arrived.Next;
            }

            await arrived.WaitAsync(Aborted).ConfigureAwait(false);
        }
    }

    /// <summary>The upload has failed, and what it may have left is seen to: only now may the name be used again.</summary>
    internal void UploadFailed() => Close();

    /// <summary>Takes back pages whose bytes are in the bucket, or are not needed any more.</summary>
    internal void ReturnPages(IReadOnlyList<StagingPage> pages)
    {
        foreach (StagingPage page in pages)
            _memory.ReturnPage(page);
        lock (_lock)
        {
            _outgoing -= (long)pages.Count * StagingMemory.PageSize;
            long used = _content.Held + _outgoing;
            ReleaseDownTo(_state == State.Filling ? Math.Min(_reserved, Math.Max(used + RoomToGoOn, _share)) : used);
            _freed.Set();
        }
    }

    /// <summary>Makes room for a write: within the reservation, by more of it, or by beginning to stream.</summary>
    private bool TryGrow(long offset, int count)
    {
        bool outgrows = _content.Held + _outgoing + _content.NewPageBytes(offset, count) > _share;
        if (outgrows && _plan is not null && Upload is null && _written.FilledFromStart >= PartPlan.TakenAtOnce)
            Upload = _startUpload(this);
        long growth = Growth(offset, count);
        if (growth <= 0)
            return true;
        if (!MayHold(_reserved + growth) || !_memory.TryReserve(growth, ReservationPriority.Grow))
            return false;
        _reserved += growth;
        return true;
    }

    /// <summary>Bytes that must be reserved before a write may be staged.</summary>
    private long Growth(long offset, int count)
    {
        long used = _content.Held + _outgoing + _content.NewPageBytes(offset, count);
        return used + (offset > _written.FilledFromStart ? RoomToGoOn : 0) - _reserved;
    }

    /// <summary>What a write waits for: memory that others give back, or, null, the room that parts make and the writes before it.</summary>
    private long? WaitsForOthers(long offset, int count)
    {
        long growth = Growth(offset, count);
        bool isNext = _plan is null || offset <= _written.FilledFromStart;
        return isNext && !IsUploading && MayHold(_reserved + growth) ? growth : null;
    }

    private async Task WaitForMemoryAsync(long bytes, CancellationToken cancellationToken)
    {
        await _memory.ReserveAsync(bytes, ReservationPriority.Grow, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_state == State.Filling)
            {
                _reserved += bytes;
                return;
            }
        }

        _memory.Release(bytes);
    }

    private bool MayHold(long bytes) => bytes <= (_isStuck ? _memory.Capacity : _plan?.MostStaged ?? _memory.Capacity);

    private void RequireNotTaken(long offset)
    {
        if (offset < _taken)
        {
            throw Latch(new AttachmentException(
                AttachmentError.Immutable, $"{Id}: bytes from {offset} on are written again, but are on their way to the bucket already"));
        }
    }
}
