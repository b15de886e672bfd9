using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Journal;

namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>
/// The deletes that are written down, over restarts: a <see cref="RecordLog"/> in which one record adds a delete and another one takes it
/// back. It names objects, and holds neither keys nor content.
/// </summary>
internal sealed partial class DeleteLog : IAsyncDisposable
{
    private const string FileName = "deletes.log";

    /// <summary>Records without use that are put up with before the log is rewritten.</summary>
    private const int MostUseless = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, PendingDelete> _written = new(StringComparer.Ordinal);
    private readonly List<byte[]> _unreadable = [];
    private readonly RecordLog _log;
    private readonly ILogger _logger;

    private DeleteLog(RecordLog log, ILogger logger) => (_log, _logger) = (log, logger);

    /// <summary>Opens the log of a directory; what is damaged in it is named in the program's log.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public static DeleteLog Open(string directory, ILogger logger)
    {
        string path = Path.Combine(directory, FileName);
        var log = new DeleteLog(RecordLog.Open(path, out RecordLogContent content), logger);
        foreach (RecordLogDamage damage in content.Damages)
            log.LogDamaged(path, damage.Offset, damage.Length, damage.IsTail ? "the last write did not come to its end" : "the file is damaged");
        foreach (byte[] record in content.Records)
            log.Replay(path, record);
        if (content.Records.Count > log._written.Count + log._unreadable.Count)
            log.RewriteAsync().GetAwaiter().GetResult();
        return log;
    }

    /// <summary>All that are written down and not taken back.</summary>
    public IReadOnlyList<PendingDelete> Written
    {
        get
        {
            lock (_lock)
                return [.. _written.Values];
        }
    }

    /// <summary>Writes one down; durable when this returns. One of the same key is replaced.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public async Task AddAsync(PendingDelete delete)
    {
        // First in memory: a rewrite that comes in between must not lose it.
        lock (_lock)
            _written[delete.Key] = delete;
        try
        {
            await _log.AppendAsync(ToRecord(delete, isDone: false)).ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
            {
                if (_written.GetValueOrDefault(delete.Key) == delete)
                    _written.Remove(delete.Key);
            }

            throw;
        }
    }

    /// <summary>Takes one back; durable when this returns. Without effect when another one of its key has taken its place.</summary>
    /// <exception cref="IOException">It may come back with the next start.</exception>
    public async Task RemoveAsync(PendingDelete delete)
    {
        lock (_lock)
        {
            if (_written.GetValueOrDefault(delete.Key) != delete)
                return;
            _written.Remove(delete.Key);
        }

        try
        {
            await _log.AppendAsync(ToRecord(delete, isDone: true)).ConfigureAwait(false);
        }
        catch
        {
            // It is on disk still: whoever tries again must not take it for gone.
            lock (_lock)
                _written.TryAdd(delete.Key, delete);
            throw;
        }

        await RewriteIfWorthItAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private static byte[] ToRecord(PendingDelete delete, bool isDone) => JsonSerializer.SerializeToUtf8Bytes(
        new LogEntry(
            delete.Key, isDone, delete.Id.ToString(), delete.Since, delete.OnlyIfHeaderSha256, delete.UploadId, delete.MayStillArrive),
        DeleteLogJson.Default.LogEntry);

    private void Replay(string path, byte[] record)
    {
        LogEntry? entry = null;
        string reason = "it names no object";
        try
        {
            entry = JsonSerializer.Deserialize(record, DeleteLogJson.Default.LogEntry);
        }
        catch (JsonException e)
        {
            reason = e.Message;
        }

        if (entry is { Key.Length: > 0 } && AttachmentId.TryParse(entry.Attachment, out AttachmentId id))
        {
            if (entry.IsDone)
                _written.Remove(entry.Key);
            else
                _written[entry.Key] = new PendingDelete(id, entry.Key, entry.Since, entry.OnlyIfHeaderSha256, entry.UploadId, entry.MayStillArrive);
            return;
        }

        _unreadable.Add(record);
        LogUnreadable(path, reason);
    }

    private async Task RewriteIfWorthItAsync()
    {
        lock (_lock)
        {
            if (_log.Appended < MostUseless + (4 * _written.Count))
                return;
        }

        await RewriteAsync().ConfigureAwait(false);
    }

    private async Task RewriteAsync()
    {
        try
        {
            await _log.RewriteAsync(Live).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            LogNotRewritten(e.Message); // it only goes on growing
        }
    }

    /// <summary>What another version of this program wrote, and this one does not understand, is kept.</summary>
    private IReadOnlyList<byte[]> Live()
    {
        lock (_lock)
            return [.. _unreadable, .. _written.Values.Select(delete => ToRecord(delete, isDone: false))];
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: {Length} bytes from {Offset} on cannot be used, {Reason}; a copy of the file is kept beside it")]
    private partial void LogDamaged(string path, long offset, long length, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: a record cannot be understood and is left alone: {Reason}")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log of deletes could not be rewritten: {Reason}")]
    private partial void LogNotRewritten(string reason);

    internal sealed record LogEntry(
        string? Key, bool IsDone, string? Attachment, DateTimeOffset Since, string? OnlyIfHeaderSha256, string? UploadId, bool MayStillArrive);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(DeleteLog.LogEntry))]
internal sealed partial class DeleteLogJson : JsonSerializerContext;
