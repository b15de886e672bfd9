using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>
/// Deletes that the bucket has not confirmed yet, remembered on local disk and retried until it does, over restarts. One small file per
/// object, written durably before <see cref="AddAsync"/> returns; it names an object, and holds neither key nor content.
/// </summary>
public sealed partial class PendingDeletes : IAsyncDisposable
{
    private const string FileExtension = ".delete.json";

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    /// <summary>How long after a lost answer a gateway may still be storing the object of that request.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<AttachmentId, int> _countById = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly string? _directory;
    private readonly IBucket _bucket;
    private readonly int _headerLength;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FileStream? _directoryLock;
    private readonly Task _worker;
    private int _disposed;

    private PendingDeletes(
        string? directory, FileStream? directoryLock, IBucket bucket, int headerLength, ILogger logger, TimeProvider time)
    {
        _directoryLock = directoryLock;
        (_directory, _bucket, _headerLength, _logger, _time) = (directory, bucket, headerLength, logger, time);
        foreach (PendingDelete loaded in Load())
            Insert(loaded);
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

    /// <summary>Opens the memory of one bucket and goes on with what an earlier process left.</summary>
    /// <param name="directory">Created with access for its owner only if missing.</param>
    /// <param name="bucket">Where to delete; without retries of its own, since this class has them.</param>
    /// <param name="headerLength">Bytes of the envelope's header.</param>
    /// <param name="logger">One line per failure.</param>
    /// <param name="time">The clock; for tests.</param>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    public static PendingDeletes Open(string directory, IBucket bucket, int headerLength, ILogger logger, TimeProvider? time = null)
    {
        DurableFile.CreateDirectory(directory);
        return new PendingDeletes(directory, LockDirectory(directory), bucket, headerLength, logger, time ?? TimeProvider.System);
    }

    /// <summary>Remembers nothing on disk and retries nothing: for a program that only reads.</summary>
    public static PendingDeletes None(IBucket bucket, ILogger logger) => new(null, null, bucket, 0, logger, TimeProvider.System);

    /// <summary>True when the attachment is gone for readers although its object may still be there.</summary>
    public bool Hides(AttachmentId id)
    {
        lock (_lock)
            return _countById.ContainsKey(id);
    }

    /// <summary>Remembers one delete; durable when this returns, and tried in the background from then on.</summary>
    /// <exception cref="IOException">It could not be written, and is not remembered.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public async Task AddAsync(PendingDelete delete)
    {
        await HoldAsync(delete).ConfigureAwait(false);
        Activate(delete);
    }

    /// <summary>Writes one down without doing anything yet; only a later start takes it up, if until then it is not dropped.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public async Task HoldAsync(PendingDelete delete)
    {
        string path = PathOf(delete);
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await Task.Run(() => DurableFile.Write(path, ToFile(delete))).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Goes to work on one that was written down.</summary>
    public void Activate(PendingDelete delete)
    {
        lock (_lock)
            Insert(delete);
        Wake();
    }

    /// <summary>Forgets one that was written down and is not wanted any more; durable when this returns.</summary>
    /// <exception cref="IOException">It may come back.</exception>
    public Task DropAsync(PendingDelete delete) => Task.Run(() => DurableFile.DeleteDurably(PathOf(delete)));

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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _worker.ConfigureAwait(false);
        _stop.Dispose();
        _wake.Dispose();
        _writing.Dispose();
        if (_directoryLock is not null)
            await _directoryLock.DisposeAsync().ConfigureAwait(false);
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

    private static byte[] ToFile(PendingDelete delete) => JsonSerializer.SerializeToUtf8Bytes(new FileForm(
        delete.Id.ToString(), delete.Key, delete.Since, delete.OnlyIfHeaderSha256, delete.UploadId, delete.MayStillArrive));

    private string PathOf(PendingDelete delete) =>
        Path.Combine(_directory ?? throw new InvalidOperationException("Nothing is remembered here."), Committer.Fingerprint(System.Text.Encoding.UTF8.GetBytes(delete.Key))[..32] + FileExtension);

    private IEnumerable<PendingDelete> Load()
    {
        if (_directory is null)
            yield break;
        foreach (string path in Directory.EnumerateFiles(_directory, "*" + FileExtension))
        {
            FileForm? read = null;
            try
            {
                read = JsonSerializer.Deserialize<FileForm>(File.ReadAllBytes(path));
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                LogUnreadable(path, e.Message);
                continue;
            }

            if (read?.Key is { Length: > 0 } key && AttachmentId.TryParse(read.Attachment, out AttachmentId id))
                yield return new PendingDelete(id, key, read.Since, read.OnlyIfHeaderSha256, read.UploadId, read.MayStillArrive);
            else
                LogUnreadable(path, "it names no object");
        }
    }

    private void Wake()
    {
        try
        {
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
        _byKey[delete.Key] = new Entry(delete, _time.GetUtcNow(), FirstDelay);
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            DateTimeOffset now = _time.GetUtcNow();
            Entry[] due;
            TimeSpan pause = LongestDelay;
            lock (_lock)
            {
                due = [.. _byKey.Values.Where(entry => entry.Due <= now)];
                foreach (Entry entry in _byKey.Values)
                    pause = entry.Due <= now || entry.Due - now > pause ? pause : entry.Due - now;
            }

            foreach (Entry entry in due)
            {
                if (!_stop.IsCancellationRequested)
                    await TryAsync(entry).ConfigureAwait(false);
            }

            if (due.Length > 0)
                continue;
            try
            {
                await _wake.WaitAsync(pause, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
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
                Remove(delete);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The file stays for the next start.
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
                _byKey[entry.Delete.Key] = new Entry(entry.Delete, _time.GetUtcNow() + delay, next);
        }
    }

    private void Remove(PendingDelete delete)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(delete.Key, out Entry? current) || current.Delete != delete)
                return;
            DurableFile.Delete(PathOf(delete));
            _byKey.Remove(delete.Key);
            if (--_countById[delete.Id] == 0)
                _countById.Remove(delete.Id);
        }

        LogDeleted(delete.Id, delete.Key);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} deletes that the bucket never confirmed are being retried")]
    private partial void LogResumed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The remembered delete {Path} cannot be read and is left alone: {Reason}")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The delete of attachment {Attachment} at {Key} cannot be written to disk and is retried only until this program ends: {Reason}")]
    private partial void LogNotWritten(AttachmentId attachment, string key, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot delete attachment {Attachment} at {Key}: {Reason}; next try in {Delay}")]
    private partial void LogNotDeleted(AttachmentId attachment, string key, string reason, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Information, Message = "Remembered delete of attachment {Attachment} at {Key} is done")]
    private partial void LogDeleted(AttachmentId attachment, string key);

    private sealed record Entry(PendingDelete Delete, DateTimeOffset Due, TimeSpan NextDelay);

    private sealed record FileForm(
        string? Attachment, string? Key, DateTimeOffset Since, string? OnlyIfHeaderSha256, string? UploadId, bool MayStillArrive);
}
