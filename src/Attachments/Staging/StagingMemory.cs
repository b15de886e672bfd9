namespace OrthancCloudFs.Attachments.Staging;

/// <summary>
/// The one byte budget of the program: attachments being written, read and kept clean all live in its pages. Memory is reserved first
/// and taken page by page within the reservation; when nothing is free, clean content is reclaimed, and after that callers wait.
/// </summary>
public sealed class StagingMemory : IDisposable
{
    /// <summary>Bytes in a page: small enough to waste little on a header of 3 KB, large enough for few segments in a 1 MiB read.</summary>
    public const int PageSize = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _growing = new();
    private readonly LinkedList<Waiter> _queue = new();
    private readonly Stack<StagingPage> _freePages = new();
    private readonly ReservationLimit _limit;
    private Func<long, long> _reclaim = static _ => 0;

    /// <summary>Creates the budget.</summary>
    /// <param name="capacity">In bytes; rounded down to whole pages.</param>
    public StagingMemory(long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, PageSize);
        Capacity = capacity / PageSize * PageSize;
        _limit = new ReservationLimit(Capacity);
    }

    /// <summary>All bytes that may ever be reserved at once.</summary>
    public long Capacity { get; }

    /// <summary>Bytes reserved now, clean content included.</summary>
    public long Reserved
    {
        get
        {
            lock (_lock)
                return _limit.Reserved;
        }
    }

    /// <summary>Callers waiting for room now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _growing.Count + _queue.Count;
        }
    }

    /// <summary>
    /// The bytes of whole pages that hold <paramref name="length"/> bytes; <see cref="long.MaxValue"/> where those cannot be counted.
    /// </summary>
    public static long RoundUp(long length) =>
        length > long.MaxValue - (PageSize - 1) ? long.MaxValue : (length + PageSize - 1) / PageSize * PageSize;

    /// <summary>
    /// Sets who gives clean content back: called without any lock held, with the bytes that are missing; returns the bytes that it released.
    /// </summary>
    public void ReclaimFrom(Func<long, long> reclaim) => _reclaim = reclaim;

    /// <summary>
    /// Reserves at once, or not at all: nobody who waits is overtaken, except by content that already grows. No bytes are always to be had.
    /// </summary>
    public bool TryReserve(long bytes, ReservationPriority priority)
    {
        if (bytes == 0)
            return true;
        while (true)
        {
            long missing;
            lock (_lock)
            {
                bool overtakes = _growing.Count > 0 || (priority == ReservationPriority.Queue && _queue.Count > 0);
                if (overtakes || bytes > Capacity)
                    return false;
                if (_limit.TryAdd(bytes))
                    return true;
                missing = _limit.Missing(bytes);
            }

            if (_reclaim(missing) == 0)
                return false;
        }
    }

    /// <summary>Reserves, waiting in order of arrival while there is no room.</summary>
    /// <exception cref="OperationCanceledException">Nothing was reserved.</exception>
    public ValueTask ReserveAsync(long bytes, ReservationPriority priority, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Capacity);
        return TryReserve(bytes, priority) ? ValueTask.CompletedTask : new ValueTask(WaitAsync(bytes, priority, cancellationToken));
    }

    /// <summary>Gives back what was reserved.</summary>
    public void Release(long bytes)
    {
        if (bytes == 0)
            return;
        lock (_lock)
        {
            _limit.Remove(bytes);
            GrantWaiting();
        }
    }

    /// <summary>Clean content became reclaimable: those who wait for room may have it.</summary>
    public void OfferReclaimable()
    {
        while (true)
        {
            long missing;
            lock (_lock)
            {
                Waiter? next = _growing.First?.Value ?? _queue.First?.Value;
                if (next is null)
                    return;
                missing = _limit.Missing(next.Bytes);
            }

            if (missing > 0 && _reclaim(missing) == 0)
                return;
            if (missing == 0)
            {
                lock (_lock)
                    GrantWaiting();
            }
        }
    }

    /// <summary>Frees the pages; whoever still waits is cancelled.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Waiter waiter in _growing.Concat(_queue))
                waiter.Granted.TrySetCanceled();
            _growing.Clear();
            _queue.Clear();
            while (_freePages.TryPop(out StagingPage? page))
                ((IDisposable)page).Dispose();
        }
    }

    /// <summary>A cleared page within what the caller reserved.</summary>
    internal StagingPage TakePage()
    {
        lock (_lock)
        {
            if (_freePages.TryPop(out StagingPage? page))
                return page;
        }

        var fresh = new StagingPage();
        fresh.Clear();
        return fresh;
    }

    /// <summary>Clears a page and keeps it for the next taker; the reservation is released separately.</summary>
    internal void ReturnPage(StagingPage page)
    {
        page.Clear();
        lock (_lock)
            _freePages.Push(page);
    }

    private async Task WaitAsync(long bytes, ReservationPriority priority, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node = new(new Waiter(bytes));
        LinkedList<Waiter> list = priority == ReservationPriority.Grow ? _growing : _queue;
        lock (_lock)
            list.AddLast(node);
        OfferReclaimable();
        try
        {
            await node.Value.Granted.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (node.List is not null)
                {
                    list.Remove(node);
                    GrantWaiting();
                    throw;
                }
            }

            // Granted in the very moment of the cancellation.
            if (node.Value.Granted.Task.IsCompletedSuccessfully)
                Release(bytes);
            throw;
        }
    }

    private void GrantWaiting()
    {
        while ((_growing.First ?? _queue.First) is { } next && _limit.TryAdd(next.Value.Bytes))
        {
            next.List!.Remove(next);
            next.Value.Granted.TrySetResult();
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class ReservationLimit(long capacity)
    {
        public long Reserved { get; private set; }

        public long Missing(long bytes) => Math.Max(0, Reserved + bytes - capacity);

        public bool TryAdd(long bytes)
        {
            if (Missing(bytes) > 0)
                return false;
            Reserved += bytes;
            return true;
        }

        public void Remove(long bytes) => Reserved -= bytes;
    }
}

/// <summary>Who is served first when room becomes free.</summary>
public enum ReservationPriority
{
    /// <summary>In order of arrival.</summary>
    Queue,

    /// <summary>Content that is already staged in part and needs more to be completed: it frees memory soonest.</summary>
    Grow,
}
