using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>
/// The <see cref="KnownNames"/> of one bucket: lists it once, in the background and for as long as it takes, within the staging memory. With
/// it, storing goes on while the bucket cannot be asked whether a name is free. It trusts that nobody else stores into the same bucket.
/// </summary>
internal sealed partial class NameList : IAsyncDisposable
{
    private const int PageSize = 1000;
    private const int ListedAtOnce = 4;
    private const long ReservedAtOnce = 1 << 20;
    private const int MostRemoved = 10_000;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly IBucket _bucket;
    private readonly KeyLayout _layout;
    private readonly StagingMemory _memory;
    private readonly ILogger _logger;
    private readonly KnownNames _names;
    private readonly Task _listing;
    private readonly Lock _lock = new();
    private readonly HashSet<AttachmentId> _removed = [];
    private long _reserved;
    private long _count;

    /// <summary>Begins to list.</summary>
    /// <param name="bucket">What is listed.</param>
    /// <param name="layout">How its keys are made.</param>
    /// <param name="memory">The budget.</param>
    /// <param name="onTheirWay">Attachments that the bucket may get at any time.</param>
    /// <param name="logger">Where it says how far it is.</param>
    public NameList(IBucket bucket, KeyLayout layout, StagingMemory memory, IEnumerable<AttachmentId> onTheirWay, ILogger logger)
    {
        (_bucket, _layout, _memory, _logger) = (bucket, layout, memory, logger);
        _names = new KnownNames(LargestIn(memory));
        foreach (AttachmentId id in onTheirWay)
            _names.Add(id);
        _listing = Task.Run(ListAsync);
    }

    /// <summary>Bytes of a staging memory that it takes at most.</summary>
    public static long MostReserved(StagingMemory memory) =>
        (LargestIn(memory) + ReservedAtOnce - 1) / ReservedAtOnce * ReservedAtOnce;

    /// <summary>Bytes of the staging memory that it takes now.</summary>
    public long Reserved
    {
        get
        {
            lock (_lock)
                return _reserved;
        }
    }

    /// <summary>True when it can exclude names.</summary>
    public bool IsComplete => _listing.IsCompleted && !_names.IsTooMany;

    /// <inheritdoc cref="KnownNames.Excludes"/>
    public bool Excludes(AttachmentId id)
    {
        if (_names.Excludes(id))
            return true;
        lock (_lock)
            return _removed.Contains(id);
    }

    /// <summary>True when the bucket has, or had, an attachment of that name, or will have one that was stored.</summary>
    public bool Includes(AttachmentId id)
    {
        lock (_lock)
        {
            if (_removed.Contains(id))
                return false;
        }

        return _names.Includes(id);
    }

    /// <summary>An attachment was stored.</summary>
    public void Add(AttachmentId id)
    {
        _names.Add(id);
        lock (_lock)
            _removed.Remove(id);
        Reserve();
    }

    /// <summary>An attachment was deleted before it was known to be in the bucket.</summary>
    public void Remove(AttachmentId id)
    {
        lock (_lock)
        {
            // What is forgotten is asked for, if anybody wants to know.
            if (_removed.Count >= MostRemoved)
                _removed.Clear();
            _removed.Add(id);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listing.ConfigureAwait(false);
        lock (_lock)
        {
            _memory.Release(_reserved);
            _reserved = 0;
        }
    }

    private static long LargestIn(StagingMemory memory) => memory.Capacity / 4;

    /// <summary>Has the memory in the budget; where that is all taken for the moment, with the next name.</summary>
    private void Reserve()
    {
        lock (_lock)
        {
            if (_reserved < _names.Bytes && _memory.TryReserve(ReservedAtOnce, ReservationPriority.Grow))
                _reserved += ReservedAtOnce;
        }
    }

    private async Task ListAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ListOnceAsync(_stop.Token).ConfigureAwait(false);
                _names.Listed();
                if (_names.IsTooMany)
                    LogTooMany(_count);
                else
                    LogListed(_count);
                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (BucketException e)
            {
                LogNotListed(e.Message, RetryDelay);
                await Task.Delay(RetryDelay, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListOnceAsync(CancellationToken cancellationToken)
    {
        _count = 0;
        ListPage first = await ListPageAsync(_layout.Prefix, null, cancellationToken).ConfigureAwait(false);
        if (first.NextPageToken is null)
            return;

        // In both layouts a key begins with the first digit of the UUID.
        var options = new ParallelOptions { MaxDegreeOfParallelism = ListedAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, 16, options, async (digit, token) =>
        {
            string? page = null;
            do
                page = (await ListPageAsync($"{_layout.Prefix}{digit:x}", page, token).ConfigureAwait(false)).NextPageToken;
            while (page is not null && !_names.IsTooMany);
        }).ConfigureAwait(false);
    }

    private async Task<ListPage> ListPageAsync(string prefix, string? token, CancellationToken cancellationToken)
    {
        ListPage page = await _bucket.ListAsync(prefix, null, token, PageSize, cancellationToken).ConfigureAwait(false);
        foreach (ObjectInfo found in page.Objects)
        {
            if (!_layout.TryParse(found.Key, out AttachmentKey parsed))
                continue;
            _names.Add(parsed.Id);
            Interlocked.Increment(ref _count);
        }

        Reserve();
        return page;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The bucket's {Count} names are known: other names are free without asking it")]
    private partial void LogListed(long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bucket has more names ({Count} so far) than a quarter of StagingMemory holds: each new name is asked for, and storing needs the bucket")]
    private partial void LogTooMany(long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bucket's names could not be listed, next try in {Delay}: {Reason}")]
    private partial void LogNotListed(string reason, TimeSpan delay);
}
