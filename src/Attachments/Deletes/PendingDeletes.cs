using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Commit;
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
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    /// <summary>How long after a lost answer a gateway may still be storing the object of that request.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    /// <summary>A delete that took longer is told of when it is done.</summary>
    private static readonly TimeSpan Notable = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<AttachmentId, int> _countById = [];
    private readonly HashSet<string> _underWay = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(MostAtOnce);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly DeleteLog? _log;
    private readonly IBucket _bucket;
    private readonly int _headerLength;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FileStream? _directoryLock;
    private readonly Task _worker;
    private int _disposed;

    private PendingDeletes(DeleteLog? log, FileStream? directoryLock, IBucket bucket, int headerLength, ILogger logger, TimeProvider time)
    {
        _directoryLock = directoryLock;
        (_log, _bucket, _headerLength, _logger, _time) = (log, bucket, headerLength, logger, time);
        foreach (PendingDelete written in log?.Written ?? [])
            Insert(written);
        if (_byKey.Count > 0)
            LogResumed(_byKey.Count);
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Objects still to be deleted.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _byKey.Count;
        }
    }

    /// <summary>What is written down now, uploads under way included.</summary>
    internal IReadOnlyList<PendingDelete> Written => Log.Written;

    /// <summary>Opens the memory of one bucket and goes on with what an earlier process left.</summary>
    /// <param name="directory">Created with access for its owner only if missing.</param>
    /// <param name="bucket">Where to delete; without retries of its own, since this class has them.</param>
    /// <param name="headerLength">Bytes of the envelope's header.</param>
    /// <param name="logger">One line per failure.</param>
    /// <param name="time">The clock; for tests.</param>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    public static PendingDeletes Open(string directory, IBucket bucket, int headerLength, ILogger logger, TimeProvider? time = null)
    {
        DurableDirectory.Create(directory);
        FileStream directoryLock = LockDirectory(directory);
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

    /// <summary>True when the attachment is gone for readers although its object may still be there.</summary>
    public bool Hides(AttachmentId id)
    {
        lock (_lock)
            return _countById.ContainsKey(id);
    }

    /// <summary>True while the bucket has not been asked yet, or has not answered for the first time: what is left is mostly a moment.</summary>
    public bool IsFresh(AttachmentId id)
    {
        lock (_lock)
        {
            return _countById.ContainsKey(id)
                && _byKey.Values.Any(entry => entry.Delete.Id == id && !entry.WasTried && !entry.Delete.MayStillArrive);
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
        Wake();
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

    /// <summary>
    /// The last tries before the program ends: everything is tried at once, and again as often as it comes due within the time. A bucket
    /// that answers has then confirmed what was deleted last.
    /// </summary>
    /// <returns>Objects still to be deleted.</returns>
    public async Task<int> DrainAsync(TimeSpan patience)
    {
        MakeAllDue();
        long start = _time.GetTimestamp();
        while (patience - _time.GetElapsedTime(start) is { Ticks: > 0 } left && MayChangeWithin(left))
            await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
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
        _wake.Dispose();
        _slots.Dispose();
        if (_log is not null)
            await _log.DisposeAsync().ConfigureAwait(false);
        if (_directoryLock is not null)
            await _directoryLock.DisposeAsync().ConfigureAwait(false);
    }

    private DeleteLog Log => _log ?? throw new InvalidOperationException("Nothing is remembered here.");

    private void MakeAllDue()
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            foreach (Entry entry in _byKey.Values.Where(entry => entry.Due > now).ToArray())
                _byKey[entry.Delete.Key] = entry with { Due = now };
        }

        Wake();
    }

    private bool MayChangeWithin(TimeSpan time)
    {
        DateTimeOffset end = _time.GetUtcNow() + time;
        lock (_lock)
            return _underWay.Count > 0 || _byKey.Values.Any(entry => entry.Due <= end);
    }

    /// <summary>Two processes must not share a directory: the one would drop what the other is uploading.</summary>
    private static FileStream LockDirectory(string directory)
    {
        string path = Path.Combine(directory, "lock");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new FileStream(path, options);
        }
        catch (IOException e)
        {
            throw new IOException($"{path} cannot be locked: another mount of this bucket and root path uses it ({e.Message})", e);
        }
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (ObjectDisposedException)
        {
            // Closed; what is on disk is taken up by the next start.
        }
    }

    private void Insert(PendingDelete delete)
    {
        if (!_byKey.ContainsKey(delete.Key))
            _countById[delete.Id] = _countById.GetValueOrDefault(delete.Id) + 1;
        _byKey[delete.Key] = new Entry(delete, _time.GetUtcNow(), FirstDelay, WasTried: false);
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                List<Entry> due = TakeDue(out TimeSpan pause);
                foreach (Entry entry in due)
                {
                    await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
                    _ = TryInBackgroundAsync(entry);
                }

                await _wake.WaitAsync(pause, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // What is under way ends by the same token.
            for (int slot = 0; slot < MostAtOnce; slot++)
                await _slots.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What is due and not under way yet, and how long until something else may be.</summary>
    private List<Entry> TakeDue(out TimeSpan pause)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var due = new List<Entry>();
        pause = LongestDelay;
        lock (_lock)
        {
            foreach (Entry entry in _byKey.Values)
            {
                if (_underWay.Contains(entry.Delete.Key))
                    continue;
                if (entry.Due <= now)
                    due.Add(entry);
                else if (entry.Due - now < pause)
                    pause = entry.Due - now;
            }

            foreach (Entry entry in due)
                _underWay.Add(entry.Delete.Key);
        }

        return due;
    }

    private async Task TryInBackgroundAsync(Entry entry)
    {
        await Task.Yield();
        await TryAsync(entry).ConfigureAwait(false);
        lock (_lock)
            _underWay.Remove(entry.Delete.Key);
        Wake(); // another delete of this key may have been asked for meanwhile
        _slots.Release();
    }

    private async Task TryAsync(Entry entry)
    {
        PendingDelete delete = entry.Delete;
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        attempt.CancelAfter(AttemptTimeout);
        try
        {
            if (delete.UploadId is { } uploadId)
                await _bucket.AbortUploadAsync(delete.Key, uploadId, attempt.Token).ConfigureAwait(false);
            if (await IsOursAsync(delete, attempt.Token).ConfigureAwait(false))
                await _bucket.DeleteAsync(delete.Key, attempt.Token).ConfigureAwait(false);
            if (delete.MayStillArrive && _time.GetUtcNow() - delete.Since < SettleTime)
                Reschedule(entry, SettleTime);
            else
                await RemoveAsync(delete).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It stays written down for the next start.
        }
        catch (Exception e)
        {
            LogNotDeleted(delete.Id, delete.Key, e.Message, entry.NextDelay);
            Reschedule(entry, entry.NextDelay);
        }
    }

    private async Task<bool> IsOursAsync(PendingDelete delete, CancellationToken cancellationToken)
    {
        // Of a plain upload nothing tells whether an object under its key is ours; it may be older than the upload.
        if (delete.OnlyIfHeaderSha256 is null)
            return delete.UploadId is null;
        byte[]? header = await ObjectHeader.ReadAsync(_bucket, delete.Key, _headerLength, cancellationToken).ConfigureAwait(false);
        return header is not null && Committer.Fingerprint(header) == delete.OnlyIfHeaderSha256;
    }

    private void Reschedule(Entry entry, TimeSpan delay)
    {
        TimeSpan next = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        lock (_lock)
        {
            if (_byKey.TryGetValue(entry.Delete.Key, out Entry? current) && current.Delete == entry.Delete)
                _byKey[entry.Delete.Key] = new Entry(entry.Delete, _time.GetUtcNow() + delay, next, WasTried: true);
        }
    }

    private async Task RemoveAsync(PendingDelete delete)
    {
        // First on disk: a name that is free again must not be deleted once more by the next start.
        if (_log is not null)
            await _log.RemoveAsync(delete).ConfigureAwait(false);
        lock (_lock)
        {
            if (!_byKey.TryGetValue(delete.Key, out Entry? current) || current.Delete != delete)
                return;
            _byKey.Remove(delete.Key);
            if (--_countById[delete.Id] == 0)
                _countById.Remove(delete.Id);
        }

        if (delete.MayStillArrive || delete.UploadId is not null || _time.GetUtcNow() - delete.Since > Notable)
            LogDeleted(delete.Id, delete.Key);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} deletes that the bucket never confirmed are being retried")]
    private partial void LogResumed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The delete of attachment {Attachment} at {Key} cannot be written to disk and is retried only until this program ends: {Reason}")]
    private partial void LogNotWritten(AttachmentId attachment, string key, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot delete attachment {Attachment} at {Key}: {Reason}; next try in {Delay}")]
    private partial void LogNotDeleted(AttachmentId attachment, string key, string reason, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Information, Message = "Remembered delete of attachment {Attachment} at {Key} is done")]
    private partial void LogDeleted(AttachmentId attachment, string key);

    private sealed record Entry(PendingDelete Delete, DateTimeOffset Due, TimeSpan NextDelay, bool WasTried);
}
