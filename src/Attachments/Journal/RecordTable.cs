using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>How the entries of a <see cref="RecordTable{TEntry}"/> are written down.</summary>
/// <typeparam name="TEntry">Compared by value: an entry is taken back only by its equal.</typeparam>
internal interface IRecordCodec<TEntry>
    where TEntry : class
{
    /// <summary>A record that is kept beside those of the entries, before them; null without one.</summary>
    byte[]? Marker { get; }

    /// <summary>What tells an entry from the others; a later one of the same name takes its place.</summary>
    string NameOf(TEntry entry);

    /// <summary>The record that adds an entry, or that takes it back.</summary>
    byte[] Format(TEntry entry, bool isDone);

    /// <summary>Reads a record; false, and why, where it is not understood.</summary>
    bool TryParse(byte[] record, out TEntry entry, out bool isDone, out string reason);
}

/// <summary>
/// A table of small entries that outlives the program: a <see cref="RecordLog"/> in which one record adds an entry and another one takes it
/// back, rewritten when it is mostly useless. Thread-safe.
/// </summary>
/// <typeparam name="TEntry">One entry.</typeparam>
internal sealed partial class RecordTable<TEntry> : IAsyncDisposable
    where TEntry : class
{
    /// <summary>Records without use that are put up with before the log is rewritten.</summary>
    private const int MostUseless = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<byte[]> _unreadable = [];
    private readonly string _path;
    private readonly RecordLog _log;
    private readonly IRecordCodec<TEntry> _codec;
    private readonly ILogger _logger;

    private RecordTable(string path, RecordLog log, IRecordCodec<TEntry> codec, ILogger logger) =>
        (_path, _log, _codec, _logger) = (path, log, codec, logger);

    /// <summary>True when there was no file, or an empty one, when it was opened.</summary>
    public bool IsNew { get; private set; }

    /// <summary>
    /// True when something of the file could not be used when it was opened, or there was none: entries may be missing, or be back.
    /// </summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>All that were added and not taken back.</summary>
    public IReadOnlyList<TEntry> Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries.Values];
        }
    }

    /// <summary>Opens the table of a file, or makes it; what is damaged in it is named in the program's log.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public static RecordTable<TEntry> Open(string path, IRecordCodec<TEntry> codec, ILogger logger)
    {
        bool isNew = new FileInfo(path) is not { Exists: true, Length: > 0 };
        var table = new RecordTable<TEntry>(path, RecordLog.Open(path, out RecordLogContent content), codec, logger);
        foreach (RecordLogDamage damage in content.Damages)
            table.LogDamaged(path, damage.Offset, damage.Length, damage.IsTail ? "the last write did not come to its end" : "the file is damaged");
        foreach (byte[] record in content.Records)
            table.Replay(record);
        table.IsNew = isNew;
        table.IsIncomplete = isNew || content.Damages.Count > 0 || table._unreadable.Count > 0;
        if (content.Records.Count > table.Live().Count)
            table.RewriteAsync().GetAwaiter().GetResult();
        return table;
    }

    /// <summary>Adds an entry; durable when this returns. One of the same name is replaced.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public async Task AddAsync(TEntry entry)
    {
        string name = _codec.NameOf(entry);
        byte[] record = _codec.Format(entry, isDone: false);
        Task append;
        int rewritten;
        lock (_lock)
        {
            // In memory first, since a rewrite that comes in between must not lose it; and in one order in memory and in the file.
            _entries[name] = entry;
            rewritten = _log.Rewritten;
            append = _log.AppendAsync(record);
        }

        try
        {
            await append.ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
            {
                if (ReferenceEquals(_entries.GetValueOrDefault(name), entry))
                    _entries.Remove(name);
            }

            // A rewrite that came in between wrote it down, and it must not come back.
            if (_log.Rewritten != rewritten)
                await RewriteAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes an entry back; durable when this returns. Without effect when another one of its name has taken its place.</summary>
    /// <exception cref="IOException">It may come back with the next start.</exception>
    public async Task RemoveAsync(TEntry entry)
    {
        string name = _codec.NameOf(entry);
        byte[] record = _codec.Format(entry, isDone: true);
        Task append;
        lock (_lock)
        {
            if (!Equals(_entries.GetValueOrDefault(name), entry))
                return;
            _entries.Remove(name);
            append = _log.AppendAsync(record);
        }

        try
        {
            await append.ConfigureAwait(false);
        }
        catch
        {
            // It is on disk still: whoever tries again must not take it for gone.
            lock (_lock)
                _entries.TryAdd(name, entry);
            throw;
        }

        await RewriteIfWorthItAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private void Replay(byte[] record)
    {
        if (!_codec.TryParse(record, out TEntry entry, out bool isDone, out string reason))
        {
            _unreadable.Add(record);
            LogUnreadable(_path, reason);
        }
        else if (isDone)
        {
            _entries.Remove(_codec.NameOf(entry));
        }
        else
        {
            _entries[_codec.NameOf(entry)] = entry;
        }
    }

    private async Task RewriteIfWorthItAsync()
    {
        lock (_lock)
        {
            if (_log.Appended < MostUseless + (4 * _entries.Count))
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
            LogNotRewritten(_path, e.Message); // it only goes on growing
        }
    }

    /// <summary>What another version of this program wrote, and this one does not understand, is kept.</summary>
    private IReadOnlyList<byte[]> Live()
    {
        lock (_lock)
        {
            IEnumerable<byte[]> marker = _codec.Marker is { } record ? [record] : [];
            return [.. _unreadable, .. marker, .. _entries.Values.Select(entry => _codec.Format(entry, isDone: false))];
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: {Length} bytes from {Offset} on cannot be used, {Reason}; a copy of the file is kept beside it")]
    private partial void LogDamaged(string path, long offset, long length, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: a record cannot be understood and is left alone: {Reason}")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} could not be rewritten: {Reason}")]
    private partial void LogNotRewritten(string path, string reason);
}
