using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>
/// Sealed objects that are safe on local disk and not in the bucket yet. They are uploaded in the background in the order of their arrival,
/// several at once, for as long as it takes, over restarts, and each exactly once. Until then they are read from here.
/// </summary>
/// <remarks>
/// Each object is a file of its own, written and flushed first; a record in <c>uploads.log</c> then makes it count. When the bucket has it, the
/// record is taken back, and the file removed.
/// </remarks>
public sealed partial class UploadJournal : IAsyncDisposable
{
    private const string LogName = "uploads.log";

    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Entry> _byNumber = [];
    private readonly Dictionary<AttachmentId, Entry> _byId = [];
    private readonly Dictionary<string, Entry> _byKey = new(StringComparer.Ordinal);
    private readonly HashSet<AttachmentId> _beingAdded = [];
    private readonly string _directory;
    private readonly FileStream _directoryLock;
    private readonly RecordTable<PendingUpload> _table;
    private readonly UploadCodec _codec;
    private readonly UploadJournalOptions _options;
    private readonly IBucket _bucket;
    private readonly IBucket _singleAttempts;
    private readonly PendingDeletes _deletes;
    private readonly int _headerLength;
    private readonly FolderFlush _folder;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private long _lastNumber;
    private long _bytes;
    private long _refusedAt;

    private UploadJournal(
        string directory,
        FileStream directoryLock,
        RecordTable<PendingUpload> table,
        UploadCodec codec,
        UploadJournalOptions options,
        UploadTargets targets,
        ILogger logger,
        TimeProvider time)
    {
        (_directory, _directoryLock, _table, _codec, _options) = (directory, directoryLock, table, codec, options);
        (_bucket, _singleAttempts, _deletes, _headerLength) = targets;
        (_logger, _time, _signal) = (logger, time, new WorkSignal(time));
        _folder = new FolderFlush(directory);
    }

    /// <summary>True while new objects are acknowledged when they are in here.</summary>
    public bool Accepts => _options.Accepts;

    /// <summary>What it holds now.</summary>
    public UploadJournalCounters Counters
    {
        get
        {
            lock (_lock)
            {
                return new UploadJournalCounters(
                    _byNumber.Count,
                    _byNumber.Values.Count(entry => entry.Fault is not null),
                    _bytes,
                    _options.MaxBytes,
                    _byNumber.Count == 0 ? null : _byNumber.Values.Min(entry => entry.Upload.Since));
            }
        }
    }

    /// <summary>Opens the journal of one bucket and goes on with what an earlier process left.</summary>
    /// <param name="directory">Created with access for its owner only if missing.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="targets">Where the objects go.</param>
    /// <param name="logger">One line per failure.</param>
    /// <param name="time">The clock; for tests.</param>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    public static async Task<UploadJournal> OpenAsync(
        string directory, UploadJournalOptions options, UploadTargets targets, ILogger logger, TimeProvider? time = null)
    {
        FileStream directoryLock = JournalDirectory.Lock(directory);
        RecordTable<PendingUpload>? table = null;
        try
        {
            var codec = new UploadCodec();
            table = RecordTable<PendingUpload>.Open(Path.Combine(directory, LogName), codec, logger);
            var journal = new UploadJournal(directory, directoryLock, table, codec, options, targets, logger, time ?? TimeProvider.System);
            await journal.RecoverAsync().ConfigureAwait(false);
            journal._worker = Task.Run(journal.WorkAsync);
            return journal;
        }
        catch
        {
            if (table is not null)
                await table.DisposeAsync().ConfigureAwait(false);
            await directoryLock.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tries the oldest at once: the bucket is back, or there is no other time for it.</summary>
    public void RetryNow()
    {
        lock (_lock)
        {
            _resumeAt = DateTimeOffset.MinValue;
            foreach (Entry entry in _byNumber.Values.Where(entry => entry.Fault is null))
                entry.Due = DateTimeOffset.MinValue;
        }

        _signal.Set();
    }

    /// <summary>
    /// The last tries before the program ends: everything is tried at once, and again as often as it comes due within the time.
    /// </summary>
    /// <returns>Objects that are still to be uploaded.</returns>
    public async Task<int> DrainAsync(TimeSpan patience)
    {
        RetryNow();
        await _signal.DrainAsync(MayChangeWithin, patience).ConfigureAwait(false);
        return Counters.Uploads;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _worker.ConfigureAwait(false);
        await _table.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
        _signal.Dispose();
        await _directoryLock.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The attachment, if it is in here; null otherwise.</summary>
    internal AttachmentInfo? Find(AttachmentId id)
    {
        lock (_lock)
            return _byId.GetValueOrDefault(id)?.Upload.Info;
    }

    /// <summary>All attachments that are in here, in order of their names.</summary>
    internal IReadOnlyList<AttachmentInfo> All()
    {
        lock (_lock)
            return [.. _byId.Values.Select(entry => entry.Upload.Info).OrderBy(info => info.Id)];
    }

    /// <summary>A new object, to be written.</summary>
    internal JournalDraft StartDraft()
    {
        long number = Interlocked.Increment(ref _lastNumber);
        return new JournalDraft(this, ObjectFile.PathOf(_directory, number), number);
    }

    internal bool TryReserve(long bytes)
    {
        lock (_lock)
        {
            if (bytes > _options.MaxBytes - _bytes)
                return false;
            _bytes += bytes;
            return true;
        }
    }

    internal void Release(long bytes)
    {
        lock (_lock)
            _bytes -= bytes;
    }

    /// <summary>Takes over an object that is written: durable when this returns.</summary>
    /// <exception cref="IOException">It is not in the journal.</exception>
    internal async Task AddAsync(PendingUpload upload, FileStream file, bool mayBeSent, PendingDelete? unfinished)
    {
        lock (_lock)
        {
            if (_byId.ContainsKey(upload.Id) || !_beingAdded.Add(upload.Id))
                throw new AttachmentException(AttachmentError.Exists, $"{upload.Key}: there is an attachment of that name already");
        }

        try
        {
            ObjectFile.Finish(file, upload, _codec.Format(upload, isDone: false));
            await _folder.FlushAsync().ConfigureAwait(false);
            await _table.AddAsync(upload).ConfigureAwait(false);
            lock (_lock)
                Insert(new Entry(upload, mayBeSent) { Unfinished = unfinished });
        }
        finally
        {
            lock (_lock)
                _beingAdded.Remove(upload.Id);
        }

        _signal.Set();
    }

    /// <summary>
    /// Deletes an attachment that is in here, and sees to it that what was sent of it already goes too. Returns when that is durable; false
    /// when it is not, or no longer, in here.
    /// </summary>
    /// <exception cref="IOException">It is not deleted: after a restart it may be back.</exception>
    internal async Task<bool> TryDeleteAsync(AttachmentId id)
    {
        Entry? entry;
        bool mayBeSent;
        lock (_lock)
        {
            entry = _byId.GetValueOrDefault(id);
            if (entry is null)
                return false;
            entry.IsCancelled = true;
            mayBeSent = entry.MayBeSent;
        }

        if (mayBeSent)
            await DeleteSentAsync(entry).ConfigureAwait(false);
        else
            await DeleteUnsentAsync(entry).ConfigureAwait(false);

        // An upload in parts, which may have begun a moment ago, has a record of its own.
        if (entry.Unfinished is { } unfinished)
            _deletes.Activate(unfinished);
        return true;
    }

    private async Task DeleteUnsentAsync(Entry entry)
    {
        try
        {
            await ForgetAsync(entry).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            ForgetLater(entry, e.Message); // its file is gone
            throw;
        }
    }

    private async Task DeleteSentAsync(Entry entry)
    {
        // Written down before the upload is forgotten: a crash in between must not bring the attachment back.
        PendingUpload upload = entry.Upload;
        var delete = new PendingDelete(upload.Id, upload.Key, DateTimeOffset.UtcNow, upload.HeaderSha256, MayStillArrive: true);
        try
        {
            await _deletes.HoldAsync(delete).ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
                entry.IsCancelled = false;
            _signal.Set();
            throw;
        }

        await entry.Stop.CancelAsync().ConfigureAwait(false);
        await entry.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await ForgetAsync(entry).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            ForgetLater(entry, e.Message); // that it is deleted is written down already
        }

        _deletes.Activate(delete);
    }

    /// <summary>Says, not too often, that the disk does not take what it should.</summary>
    internal void LogRefused(string reason)
    {
        long now = _time.GetTimestamp();
        long last = Interlocked.Read(ref _refusedAt);
        if (last == 0 || _time.GetElapsedTime(last, now) > TimeSpan.FromMinutes(1))
        {
            Interlocked.Exchange(ref _refusedAt, now);
            LogDiskRefuses(_directory, reason);
        }
    }

    private string PathOf(PendingUpload upload) => ObjectFile.PathOf(_directory, upload.Number);

    private void Insert(Entry entry)
    {
        _byNumber.Add(entry.Upload.Number, entry);
        _byId[entry.Upload.Id] = entry;
        _byKey[entry.Upload.Key] = entry;
    }

    /// <summary>Nobody finds it here any more; the bucket has it, or it was deleted.</summary>
    private void Hide(Entry entry)
    {
        if (_byId.GetValueOrDefault(entry.Upload.Id) != entry)
            return;
        _byId.Remove(entry.Upload.Id);
        _byKey.Remove(entry.Upload.Key);
    }

    /// <summary>Nobody finds it here any more; its record is taken back when the disk allows.</summary>
    private void ForgetLater(Entry entry, string reason)
    {
        LogRefused(reason);
        lock (_lock)
        {
            Hide(entry);
            (entry.IsDone, entry.IsCancelled) = (true, false);
            entry.Due = _time.GetUtcNow() + LongestDelay;
        }

        _signal.Set();
    }

    /// <summary>Takes an entry out, durably, and makes room.</summary>
    private async Task ForgetAsync(Entry entry)
    {
        try
        {
            await _table.RemoveAsync(entry.Upload).ConfigureAwait(false);
        }
        catch (IOException) when (entry.IsCancelled || entry.IsDone)
        {
            // Its file is not needed any more, and on a full disk makes the room for the record.
            ObjectFile.TryDelete(PathOf(entry.Upload));
            await _table.RemoveAsync(entry.Upload).ConfigureAwait(false);
        }

        lock (_lock)
        {
            if (!_byNumber.Remove(entry.Upload.Number))
                return;
            Hide(entry);
            _bytes -= entry.Upload.Length;
        }

        ObjectFile.TryDelete(PathOf(entry.Upload));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal in {Directory} cannot be written, stores go through to the bucket: {Reason}")]
    private partial void LogDiskRefuses(string directory, string reason);
}
