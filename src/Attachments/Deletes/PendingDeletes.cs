using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>
/// Deletes that the bucket has not confirmed yet: durable on local disk when <see cref="AddAsync"/> returns, done in the background, several
/// at once, and retried until the bucket confirms them, over restarts.
/// </summary>
public sealed partial class PendingDeletes : IAsyncDisposable
{
    /// <summary>Deletes under way at one time.</summary>
    private const int MostAtOnce = 8;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<AttachmentId, HashSet<string>> _namesById = [];
    private readonly HashSet<string> _underWay = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(MostAtOnce);
    private readonly CancellationTokenSource _stop = new();
    private readonly WorkSignal _signal;
    private readonly Pulse _answered = new();
    private readonly RecordTable<PendingDelete>? _log;
    private readonly IBucket _bucket;
    private readonly int _headerLength;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FileStream? _directoryLock;
    private Task _worker = Task.CompletedTask;
    private int _disposed;

    private PendingDeletes(RecordTable<PendingDelete>? log, FileStream? directoryLock, IBucket bucket, int headerLength, ILogger logger, TimeProvider time)
    {
        (_log, _directoryLock, _bucket, _headerLength) = (log, directoryLock, bucket, headerLength);
        (_logger, _time, _signal) = (logger, time, new WorkSignal(time));
        foreach (PendingDelete written in log?.Entries ?? [])
            Insert(written);
        if (_byName.Count > 0)
            LogResumed(_byName.Count);
    }

    /// <summary>Objects still to be deleted.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _byName.Count;
        }
    }

    /// <summary>When the oldest of them was asked for; null when there is none.</summary>
    public DateTimeOffset? OldestSince
    {
        get
        {
            lock (_lock)
                return _byName.Count == 0 ? null : _byName.Values.Min(entry => entry.Delete.Since);
        }
    }

    /// <summary>What is written down now, uploads under way included.</summary>
    internal IReadOnlyList<PendingDelete> Written => Log.Entries;

    /// <summary>Opens the memory of one bucket and goes on with what an earlier process left.</summary>
    /// <param name="directory">Created with access for its owner only if missing.</param>
    /// <param name="bucket">Where to delete; without retries of its own, since this class has them.</param>
    /// <param name="headerLength">Bytes of the envelope's header.</param>
    /// <param name="logger">One line per failure.</param>
    /// <param name="time">The clock; for tests.</param>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    public static PendingDeletes Open(string directory, IBucket bucket, int headerLength, ILogger logger, TimeProvider? time = null)
    {
        PendingDeletes opened = OpenIdle(directory, bucket, headerLength, logger, time);
        opened.Start();
        return opened;
    }

    /// <summary>The same, but nothing is deleted before <see cref="Start"/>.</summary>
    /// <inheritdoc cref="Open"/>
    public static PendingDeletes OpenIdle(string directory, IBucket bucket, int headerLength, ILogger logger, TimeProvider? time = null)
    {
        FileStream directoryLock = JournalDirectory.Lock(directory);
        try
        {
            return new PendingDeletes(DeleteLog.Open(directory, logger), directoryLock, bucket, headerLength, logger, time ?? TimeProvider.System);
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Remembers nothing on disk and retries nothing: for a program that only reads.</summary>
    public static PendingDeletes None(IBucket bucket, ILogger logger) => new(null, null, bucket, 0, logger, TimeProvider.System);

    /// <summary>Goes to work; once.</summary>
    public void Start() => _worker = Task.Run(WorkAsync);

    /// <summary>True when the attachment is gone for readers although its object may still be there.</summary>
    public bool Hides(AttachmentId id)
    {
        lock (_lock)
            return _namesById.ContainsKey(id);
    }

    /// <summary>What of an attachment is hidden; null when nothing is.</summary>
    public HiddenObjects? HiddenOf(AttachmentId id)
    {
        lock (_lock)
            return _namesById.TryGetValue(id, out HashSet<string>? keys) ? HiddenBy(keys) : null;
    }

    /// <summary>The same of all attachments of which something is hidden now.</summary>
    public IReadOnlyDictionary<AttachmentId, HiddenObjects> AllHidden()
    {
        lock (_lock)
            return _namesById.ToDictionary(name => name.Key, name => HiddenBy(name.Value));
    }

    /// <summary>
    /// Waits until the bucket has answered, or failed to, for the first time: what is left of a delete is mostly a moment.
    /// </summary>
    /// <param name="id">The attachment that is deleted, if it is.</param>
    /// <param name="patience">The longest that this takes.</param>
    /// <param name="cancellationToken">Of who waits.</param>
    internal async Task WaitForFirstAnswerAsync(AttachmentId id, TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (patience - _time.GetElapsedTime(start) is { Ticks: > 0 } left)
        {
            Task answer;
            lock (_lock)
            {
                if (!IsFresh(id))
                    return;
                answer = _answered.Next;
            }

            await answer.WaitAsync(left, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Remembers one delete; durable when this returns, and tried in the background from then on.</summary>
    /// <exception cref="IOException">It could not be written, and is not remembered.</exception>
    public async Task AddAsync(PendingDelete delete)
    {
        await HoldAsync(delete).ConfigureAwait(false);
        Activate(delete);
    }

    /// <summary>Writes one down without doing anything yet; only a later start takes it up, if until then it is not dropped.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public Task HoldAsync(PendingDelete delete) => Log.AddAsync(delete);

    /// <summary>Goes to work on one that was written down.</summary>
    public void Activate(PendingDelete delete)
    {
        lock (_lock)
            Insert(delete);
        _signal.Set();
    }

    /// <summary>Leaves one that was written down to somebody else, who drops it.</summary>
    internal void Withdraw(PendingDelete delete)
    {
        lock (_lock)
            Take(delete);
    }

    /// <summary>Forgets one that was written down and is not wanted any more; durable when this returns.</summary>
    /// <exception cref="IOException">It may come back.</exception>
    public Task DropAsync(PendingDelete delete) => Log.RemoveAsync(delete);

    /// <summary>
    /// Remembers one delete of an object that must not exist, as durably as the disk allows: where it cannot be written, until this process
    /// ends, and the log says so.
    /// </summary>
    public async Task AddOrKeepInMemoryAsync(PendingDelete delete)
    {
        try
        {
            await AddAsync(delete).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(delete.Id, delete.Key, e.Message);
            Activate(delete);
        }
    }

    /// <summary>Tries everything at once: the bucket is back, or there is no other time for it.</summary>
    public void RetryNow()
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            foreach (Entry entry in _byName.Values.Where(entry => entry.Due > now).ToArray())
                _byName[entry.Delete.Name] = entry with { Due = now };
        }

        _signal.Set();
    }

    /// <summary>
    /// The last tries before the program ends: everything is tried at once, and again as often as it comes due within the time. A bucket
    /// that answers has then confirmed what was deleted last.
    /// </summary>
    /// <returns>Objects still to be deleted.</returns>
    public async Task<int> DrainAsync(TimeSpan patience)
    {
        RetryNow();
        await _signal.DrainAsync(MayChangeWithin, patience).ConfigureAwait(false);
        return Count;
    }

    /// <summary>Stops asking the bucket; what is not confirmed stays written down. <see cref="DrainAsync"/> comes before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _worker.ConfigureAwait(false);
        _stop.Dispose();
        _signal.Dispose();
        _slots.Dispose();
        if (_log is not null)
            await _log.DisposeAsync().ConfigureAwait(false);
        if (_directoryLock is not null)
            await _directoryLock.DisposeAsync().ConfigureAwait(false);
    }

    private bool IsFresh(AttachmentId id) =>
        _namesById.TryGetValue(id, out HashSet<string>? keys)
        && keys.Select(key => _byName[key]).Any(entry => entry is { WasTried: false, Delete.MayStillArrive: false });

    private RecordTable<PendingDelete> Log => _log ?? throw new InvalidOperationException("Nothing is remembered here.");

    private bool MayChangeWithin(TimeSpan time)
    {
        DateTimeOffset end = _time.GetUtcNow() + time;
        lock (_lock)
            return _underWay.Count > 0 || _byName.Values.Any(entry => entry.Due <= end);
    }

    private HiddenObjects HiddenBy(HashSet<string> keys)
    {
        var fingerprints = new List<string>();
        foreach (string key in keys)
        {
            if (_byName[key].Delete.OnlyIfHeaderSha256 is not { } fingerprint)
                return HiddenObjects.All;
            fingerprints.Add(fingerprint);
        }

        return new HiddenObjects(fingerprints);
    }

    private void Insert(PendingDelete delete)
    {
        if (!delete.DropsUploadOnly)
        {
            if (!_namesById.TryGetValue(delete.Id, out HashSet<string>? keys))
                _namesById[delete.Id] = keys = new HashSet<string>(StringComparer.Ordinal);
            keys.Add(delete.Name);
        }

        _byName[delete.Name] = new Entry(delete, _time.GetUtcNow(), FirstDelay, WasTried: false, Alone: false);
    }

    /// <summary>Takes one out; false when it is not there any more, or another one is in its place.</summary>
    private bool Take(PendingDelete delete)
    {
        if (!_byName.TryGetValue(delete.Name, out Entry? current) || current.Delete != delete)
            return false;
        _byName.Remove(delete.Name);
        _answered.Set();
        if (_namesById.TryGetValue(delete.Id, out HashSet<string>? keys) && keys.Remove(delete.Name) && keys.Count == 0)
            _namesById.Remove(delete.Id);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} deletes that the bucket never confirmed are being retried")]
    private partial void LogResumed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The delete of attachment {Attachment} at {Key} cannot be written to disk and is retried only until this program ends: {Reason}")]
    private partial void LogNotWritten(AttachmentId attachment, string key, string reason);
}
