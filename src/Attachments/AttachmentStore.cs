using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>
/// Attachments by name: found, opened, created and deleted as whole, verified, encrypted objects of a bucket, through one bounded staging
/// memory. Knows neither an operating system nor a provider. Safe for concurrent use; no call blocks its thread.
/// </summary>
public sealed partial class AttachmentStore : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AttachmentId, AttachmentWriter> _writers = [];
    private readonly Dictionary<AttachmentId, int> _deleting = [];
    private readonly IBucket _bucket;
    private readonly KeyLayout _layout;
    private readonly ObjectForm _form;
    private readonly StagingMemory _memory;
    private readonly PendingDeletes _pendingDeletes;
    private readonly UploadJournal? _journal;
    private readonly NameList? _names;
    private readonly AttachmentStoreOptions _options;
    private readonly ILogger _logger;
    private readonly ContentCache _cache;
    private readonly InputGate _inputs;
    private readonly ContentFetcher _fetcher;
    private readonly Committer _committer;
    private readonly long _writerShare;
    private readonly PartPlan? _partPlan;
    private long _commits;
    private long _commitFailures;
    private long _opens;
    private long _openFailures;
    private long _deletes;
    private int _openReaders;

    /// <summary>Creates the store; bucket, memory, pending deletes and journal stay the caller's to dispose, after the store.</summary>
    public AttachmentStore(
        IBucket bucket,
        KeyLayout layout,
        ObjectForm form,
        StagingMemory memory,
        PendingDeletes pendingDeletes,
        AttachmentStoreOptions options,
        ILogger logger,
        UploadJournal? journal = null)
    {
        (_bucket, _layout, _form, _memory) = (bucket, layout, form, memory);
        (_pendingDeletes, _journal, _options, _logger) = (pendingDeletes, journal, options, logger);
        _cache = new ContentCache(memory);
        memory.ReclaimFrom(_cache.Reclaim);
        long share = Math.Min(options.LargestWriterShare, memory.Capacity / options.WriterShareDivisor);
        long leastToStream = PartPlan.LeastShare(bucket.PartLimits, options.LargestWrite);
        if (leastToStream <= memory.Capacity / 2)
            share = Math.Max(share, leastToStream);
        _writerShare = Math.Max(StagingMemory.PageSize, share / StagingMemory.PageSize * StagingMemory.PageSize);
        _partPlan = PartPlan.TryCreate(
            bucket.PartLimits, _writerShare, options.LargestWrite, options.PartBytes, options.PartsInParallel);
        _inputs = new InputGate(options.MostConcurrentInput);
        long prefetch = Math.Min(options.LargestPrefetch, memory.Capacity / 4);
        var objects = new ObjectReader(bucket, journal);

        // What the list of names takes, it keeps: whoever asked for more than the rest would wait for ever, and everybody behind it.
        long largestWhole = memory.Capacity - (journal is { Accepts: true } ? NameList.MostReserved(memory) : 0);
        _fetcher = new ContentFetcher(bucket, objects, layout, form, memory, _cache, _inputs, prefetch, largestWhole, logger);
        if (journal is { Accepts: true })
            _names = new NameList(bucket, layout, memory, journal.All().Select(info => info.Id), logger);
        _committer = new Committer(
            bucket, layout, form, _cache, _inputs, pendingDeletes, journal, _names, _partPlan, options, logger);
    }

    /// <summary>What happened so far.</summary>
    public AttachmentStoreCounters Counters
    {
        get
        {
            int writers;
            lock (_lock)
                writers = _writers.Count;
            return new AttachmentStoreCounters(
                Interlocked.Read(ref _commits),
                Interlocked.Read(ref _commitFailures),
                Interlocked.Read(ref _opens),
                Interlocked.Read(ref _openFailures),
                Interlocked.Read(ref _deletes),
                _pendingDeletes.Count,
                writers,
                Volatile.Read(ref _openReaders),
                _memory.Capacity,
                _memory.Reserved,
                _cache.UnpinnedBytes,
                _memory.Waiting,
                _journal?.Counters ?? default);
        }
    }

    /// <summary>Bytes of the staging memory that the list of names takes.</summary>
    internal long ReservedForNames => _names?.Reserved ?? 0;

    /// <summary>True when a name that does not exist is known as such without a request.</summary>
    internal bool KnowsAllNames => _names?.IsComplete ?? false;

    /// <summary>
    /// Looks an attachment up. At most one request, plus one search in the flat layout when the usual key is not there. With a journal of
    /// uploads none for a name that neither the bucket had when the store was opened nor anybody stored since.
    /// </summary>
    /// <returns>Null only when the bucket says, or said, that there is none, or when it is deleted or not committed yet.</returns>
    /// <exception cref="AttachmentException">The bucket did not say.</exception>
    public async Task<AttachmentInfo?> FindAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        if (WriterOf(id) is not null)
            return null;

        // After the writer, which hides what it left before it goes, and before the bucket is asked: what is hidden now may be deleted, and
        // hidden no more, when it has answered.
        HiddenObjects? hidden = _pendingDeletes.HiddenOf(id);
        if (IsGone(id))
            return null;
        if (_journal?.Find(id) is { } pending)
            return pending;
        if (_names?.Excludes(id) == true)
            return null;
        AttachmentInfo? found = await _fetcher.FindAsync(id, cancellationToken).ConfigureAwait(false);
        return found is null || await IsHiddenAsync(hidden, found.Key, cancellationToken).ConfigureAwait(false) ? null : found;
    }

    /// <summary>Begins a new attachment. Waits while the staging memory has no share left for another writer.</summary>
    /// <exception cref="AttachmentException">
    /// <see cref="AttachmentError.Busy"/>: it is being written or deleted; <see cref="AttachmentError.Exists"/>: it is on its way to the bucket.
    /// </exception>
    public async Task<AttachmentWriter> CreateAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        // Who deletes a name and uses it again at once meets a delete that is confirmed in a moment.
        await _pendingDeletes.WaitForFirstAnswerAsync(id, _options.DeletePatience, cancellationToken).ConfigureAwait(false);
        RequireFree(id);

        // Whether the bucket has one, it says itself when the object is put.
        if (_journal?.Find(id) is not null)
            throw new AttachmentException(AttachmentError.Exists, $"{id}: the journal has an attachment of that name already");
        await _memory.ReserveAsync(_writerShare, ReservationPriority.Queue, cancellationToken).ConfigureAwait(false);
        var writer = new AttachmentWriter(
            id,
            _memory,
            _writerShare,
            _options.GrowthPatience,
            _partPlan is null ? _memory.Capacity : _form.Envelope.MaximumContentLength,
            _partPlan,
            _committer.StartUpload,
            StoreAsync,
            Forget);
        lock (_lock)
        {
            // While this waited for memory, a delete may have begun, which would take the new object with it.
            if (!IsDeleted(id) && _writers.TryAdd(id, writer))
                return writer;
        }

        _memory.Release(_writerShare);
        throw Busy(id);
    }

    /// <summary>Opens a committed attachment: fetched whole and authenticated before this returns.</summary>
    /// <exception cref="AttachmentException">It cannot be read; no byte of it was released.</exception>
    public async Task<OpenAttachment> OpenAsync(AttachmentInfo info, CancellationToken cancellationToken)
    {
        try
        {
            if (IsGone(info.Id))
                throw new AttachmentException(AttachmentError.NotFound, $"{info.Id}: it was deleted");
            CachedContent content = await _fetcher.GetAsync(info, cancellationToken).ConfigureAwait(false);
            try
            {
                await OpenAsync(content, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _cache.Remove(info.Id);
                _cache.Unpin(content);
                throw;
            }

            Interlocked.Increment(ref _opens);
            Interlocked.Increment(ref _openReaders);
            return new OpenAttachment(_cache, content, () => Interlocked.Decrement(ref _openReaders));
        }
        catch (AttachmentException e)
        {
            Interlocked.Increment(ref _openFailures);
            AttachmentMeter.CountOpenFailure(e.Error);
            LogNotOpened(info.Id, info.Key, e.Error, e.Message);
            throw;
        }
    }

    /// <summary>The writer of an attachment that is not committed yet; null when there is none.</summary>
    public AttachmentWriter? WriterOf(AttachmentId id)
    {
        lock (_lock)
            return _writers.GetValueOrDefault(id);
    }

    /// <summary>How many attachments of a folder are being written.</summary>
    public int CountWritersIn(HashDirectory directory)
    {
        lock (_lock)
            return _writers.Keys.Count(directory.Holds);
    }

    private async Task OpenAsync(CachedContent content, CancellationToken cancellationToken)
    {
        if (content.IsOpened)
            return;
        using IDisposable turn = await _inputs.EnterAsync(content.Reserved, cancellationToken).ConfigureAwait(false);
        content.EnsureOpened();
    }

    private static AttachmentException Busy(AttachmentId id) =>
        new(AttachmentError.Busy, $"{id}: it is being written, or its deletion is not confirmed yet");

    private bool IsHidden(AttachmentId id)
    {
        lock (_lock)
            return IsDeleted(id) || _writers.ContainsKey(id);
    }

    private async Task<bool> IsHiddenAsync(HiddenObjects? hidden, string key, CancellationToken cancellationToken)
    {
        if (hidden is not { OnlyWithHeader: { } unwanted })
            return hidden is not null;
        try
        {
            // What was found a moment ago and is there no more was deleted meanwhile.
            return await ObjectHeader
                .HasOneOfAsync(unwanted, _bucket, key, _form.Envelope.HeaderLength, cancellationToken).ConfigureAwait(false) is not false;
        }
        catch (BucketException e)
        {
            throw AttachmentException.From(e);
        }
    }

    private void RequireFree(AttachmentId id)
    {
        if (IsHidden(id))
            throw Busy(id);
    }

    private async Task<AttachmentInfo> StoreAsync(AttachmentWriter writer, CancellationToken cancellationToken)
    {
        AttachmentInfo info = await _committer.CommitAsync(writer, cancellationToken).ConfigureAwait(false);
        _names?.Add(info.Id);
        _fetcher.Outdate(info.Id);
        Interlocked.Increment(ref _commits);
        return info;
    }

    private void Forget(AttachmentWriter writer)
    {
        if (writer.Failure is { } failure)
        {
            Interlocked.Increment(ref _commitFailures);
            AttachmentMeter.CountCommitFailure(failure.Error);
        }

        lock (_lock)
            _writers.Remove(writer.Id);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot open attachment {Attachment} at {Key}: {Error}: {Reason}")]
    private partial void LogNotOpened(AttachmentId attachment, string key, AttachmentError error, string reason);
}
