using System.Threading.Channels;
using OrthancCloudFs.Buckets.Local;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>
/// An append-only file of small records on local disk, each with a checksum. A record is durable when <see cref="AppendAsync"/> returns;
/// those that come together share one fsync. What a crash or a sick disk damaged is told apart record by record when the file is opened,
/// and the intact rest is used. One process at a time; thread-safe within it.
/// </summary>
public sealed class RecordLog : IAsyncDisposable
{
    private const int MostInOneWrite = 1024;

    private readonly string _path;
    private readonly Action<string> _flushFolder;
    private readonly Channel<Append> _queue = Channel.CreateUnbounded<Append>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writer;
    private FileStream _file;
    private IOException? _broken;

    /// <summary>False while a loss of power could still give the file's name back to the one before it: nothing is appended then.</summary>
    private bool _isNamed = true;

    private RecordLog(string path, FileStream file, Action<string> flushFolder)
    {
        (_path, _file, _flushFolder) = (path, file, flushFolder);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Records that were appended since the file was opened or rewritten.</summary>
    public int Appended { get; private set; }

    /// <summary>How often the file was rewritten since it was opened.</summary>
    public int Rewritten { get; private set; }

    /// <summary>Opens the file, or makes it, readable by its owner only.</summary>
    /// <param name="path">In a directory that exists.</param>
    /// <param name="content">What was in it.</param>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public static RecordLog Open(string path, out RecordLogContent content) => Open(path, DirectorySync.Flush, out content);

    /// <summary>The same, for tests of a folder that cannot be flushed.</summary>
    internal static RecordLog Open(string path, Action<string> flushFolder, out RecordLogContent content)
    {
        content = File.Exists(path) ? RecordFormat.Read(File.ReadAllBytes(path)) : RecordLogContent.Empty;
        if (content.Records.Count > 0 && content.Damages.Count == 0)
            return new RecordLog(path, OpenToAppend(path, FileMode.Open), flushFolder);
        if (content.Damages.Count > 0)
            Preserve(path);
        FileStream file = Write(path, content.Records);
        try
        {
            flushFolder(FolderOf(path));
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return new RecordLog(path, file, flushFolder);
    }

    /// <summary>Adds one record; it is on disk when this returns.</summary>
    /// <exception cref="ArgumentException">It is empty, or longer than <see cref="RecordFormat.LongestRecord"/>.</exception>
    /// <exception cref="IOException">It is not on disk, and will not come back.</exception>
    public Task AppendAsync(ReadOnlyMemory<byte> record)
    {
        RecordFormat.Check(record.Length);
        return EnqueueAsync(new Append(record, null));
    }

    /// <summary>Replaces all that was appended so far; the old content or the new one is there after a crash, never a mixture.</summary>
    /// <param name="live">Called when its turn has come: the records that are still wanted.</param>
    /// <exception cref="IOException">The old content is there still, or a crash may bring it back; what is appended later is as safe as ever.</exception>
    public Task RewriteAsync(Func<IReadOnlyList<byte[]>> live) => EnqueueAsync(new Append(default, live));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_queue.Writer.TryComplete())
            await _writer.ConfigureAwait(false);
        await _file.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Whoever looks into a damage later finds the file as it was.</summary>
    private static void Preserve(string path) =>
        File.Copy(path, $"{path}.damaged-{DateTimeOffset.UtcNow:yyyyMMddHHmmss}", overwrite: true);

    private static string FolderOf(string path) => Path.GetDirectoryName(path)!;

    /// <summary>A new file in the place of the old one, open for appending. The folder has yet to be flushed.</summary>
    /// <param name="beforeMove">Called when only the move is left.</param>
    private static FileStream Write(string path, IReadOnlyList<byte[]> records, Action? beforeMove = null)
    {
        string temporary = path + ".new";
        FileStream file = OpenToAppend(temporary, FileMode.Create);
        try
        {
            file.Write(RecordFormat.Format(records));
            DirectorySync.FlushFile(file.SafeFileHandle, temporary);
            beforeMove?.Invoke();
            DirectorySync.Replace(temporary, path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Positioned at the end.</summary>
    private static FileStream OpenToAppend(string path, FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0,
        };
        if (mode == FileMode.Create && !OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        file.Seek(0, SeekOrigin.End);
        return file;
    }

    private async Task EnqueueAsync(Append append)
    {
        if (!_queue.Writer.TryWrite(append))
            throw new IOException($"{_path} is closed");
        await append.Done.Task.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        var batch = new List<Append>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            Append? rewrite = null;
            while (rewrite is null && batch.Count < MostInOneWrite && _queue.Reader.TryRead(out Append? next))
            {
                if (next.Live is null)
                    batch.Add(next);
                else
                    rewrite = next;
            }

            if (batch.Count > 0)
                Complete(batch, () => AppendAll(batch));
            if (rewrite is not null)
                Complete([rewrite], () => Rewrite(rewrite.Live!()));
        }
    }

    private void Complete(List<Append> appends, Action action)
    {
        try
        {
            if (_broken is not null)
                throw new IOException($"{_path} could not be written before: {_broken.Message}", _broken);
            action();
            foreach (Append append in appends)
                append.Done.TrySetResult();
        }
        catch (Exception e)
        {
            foreach (Append append in appends)
                append.Done.TrySetException(e as IOException ?? new IOException($"{_path}: {e.Message}", e));
        }
    }

    private void AppendAll(List<Append> batch)
    {
        FlushName();
        long end = _file.Position;
        try
        {
            _file.Write(RecordFormat.FormatRecords(batch.Select(append => append.Record)));
            DirectorySync.FlushFile(_file.SafeFileHandle, _path);
            Appended += batch.Count;
        }
        catch (Exception e)
        {
            TakeBack(end, e);
            throw;
        }
    }

    /// <summary>Who was told that a record is not on disk must not meet it again.</summary>
    private void TakeBack(long end, Exception cause)
    {
        try
        {
            _file.SetLength(end);
            _file.Position = end;
            DirectorySync.FlushFile(_file.SafeFileHandle, _path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _broken = new IOException(cause.Message, cause);
        }
    }

    private void Rewrite(IReadOnlyList<byte[]> live)
    {
        try
        {
            // Windows does not replace a file that is open.
            FileStream rewritten = Write(_path, live, beforeMove: OperatingSystem.IsWindows() ? _file.Dispose : null);
            _file.Dispose();
            _file = rewritten;
            _isNamed = false;
            Appended = 0;
            Rewritten++;
        }
        catch when (!_file.CanWrite)
        {
            Reopen();
            throw;
        }

        FlushName();
    }

    private void FlushName()
    {
        if (_isNamed)
            return;
        _flushFolder(FolderOf(_path));
        _isNamed = true;
    }

    private void Reopen()
    {
        try
        {
            _file = OpenToAppend(_path, FileMode.Open);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _broken = new IOException(e.Message, e);
        }
    }

    /// <summary>One record to add, or a wish to rewrite.</summary>
    private sealed record Append(ReadOnlyMemory<byte> Record, Func<IReadOnlyList<byte[]>>? Live)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
