using System.Buffers;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Local;

/// <summary>
/// Objects as files below a directory of a local file system, an object's key being its path there. Crash-safe: a put writes a temporary
/// file, syncs it, renames it and syncs the folder; whatever moment a crash hits, an object is there whole or not at all.
/// </summary>
/// <remarks>
/// A key cannot be the folder of another one (<c>a</c> beside <c>a/b</c>). Several processes may use one directory, on file systems whose
/// <c>flock</c> works between them.
/// </remarks>
public sealed partial class LocalDirectoryBucket : IBucket
{
    private const int CopyBufferSize = 1 << 20;

    private readonly string _root;
    private readonly LocalStaging _staging;
    private readonly LocalFolders _folders;
    private readonly LocalListing _listing;

    /// <summary>Opens the directory, makes it where it is missing (for this user alone), and removes what a crash left half-written.</summary>
    /// <exception cref="BucketException">It cannot be made or written to.</exception>
    public LocalDirectoryBucket(string directory)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        try
        {
            LocalFolders.CreateRoot(_root);
            _staging = LocalStaging.Open(_root);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw LocalBucketErrors.Translate($"open {_root}", failure);
        }
        _folders = new LocalFolders(_root);
        _listing = new LocalListing(_root);
    }

    /// <inheritdoc/>
    public string Description => $"directory {_root}";

    /// <inheritdoc/>
    public PartLimits PartLimits { get; } = new(MinimumBytes: 1, MaximumBytes: long.MaxValue, MaximumCount: int.MaxValue);

    /// <inheritdoc/>
    public int MaxKeysPerDelete => 1;

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        RunAsync($"head {key}", () => Head(key), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken) =>
        RunAsync($"get {key}", () => DownloadAsync(key, options, target, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync($"put {key}", () => UploadAsync(key, source, options, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken) =>
        RunAsync($"copy {source.Key}", () => CopyFileAsync(source, newKey, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        RunAsync($"delete {key}", () => Delete(key), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        SingleDeletes.DeleteManyAsync(this, keys, cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken) =>
        RunAsync($"list {prefix}", () => List(prefix, delimiter, pageToken, maxKeys), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _staging.Dispose();
        _folders.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Files have no ETag; time and length tell versions apart.</summary>
    internal static ObjectInfo Describe(string key, long length, DateTime lastWriteUtc) =>
        new(key, length, new DateTimeOffset(lastWriteUtc), $"\"{lastWriteUtc.Ticks:x}-{length:x}\"");

    /// <summary>File systems block; the caller's thread must not.</summary>
    private static async Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(work, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw LocalBucketErrors.Translate(what, failure);
        }
    }

    private static Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(what, () => Task.FromResult(work()), cancellationToken);

    private ObjectInfo? Head(string key)
    {
        var file = new FileInfo(LocalKeys.PathOf(_root, key));
        if (!file.Exists)
        {
            // FileInfo also says so where it may not look.
            try
            {
                File.GetAttributes(file.FullName);
            }
            catch (Exception failure) when (LocalBucketErrors.SaysAbsent(failure))
            {
                CheckDirectory();
            }
            return null;
        }
        return Describe(key, file.Length, file.LastWriteTimeUtc);
    }

    private async Task<bool> CopyFileAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        if (Head(source.Key) is not { } found)
            return false;
        DownloadWriter.RequireVersion(found, new GetOptions(null, source.ETag));
        try
        {
            await UploadAsync(newKey, new FileSource(LocalKeys.PathOf(_root, source.Key), found.Length), new PutOptions(), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false; // deleted meanwhile
        }
    }

    private async Task<bool> DownloadAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        var path = LocalKeys.PathOf(_root, key);
        FileStream file;
        try
        {
            file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            });
        }
        catch (Exception failure) when (LocalBucketErrors.SaysAbsent(failure) || (failure is UnauthorizedAccessException && Directory.Exists(path)))
        {
            CheckDirectory();
            return false;
        }
        await using (file.ConfigureAwait(false))
        {
            // The open file stays what it is, whoever deletes or replaces the name now.
            var info = Describe(key, file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle));
            DownloadWriter.RequireVersion(info, options);
            var (offset, length) = ByteRanges.Resolve(key, options.Range, info.Length);
            file.Position = offset;
            await target.BeginAsync(info, length, cancellationToken).ConfigureAwait(false);
            var done = await DownloadWriter.CopyAsync(file, target, length, cancellationToken).ConfigureAwait(false);
            if (done < length)
                throw new BucketException(BucketErrorKind.Truncated, $"get {key}: the file ended after {done} of {length} bytes");
            return true;
        }
    }

    private async Task<bool> UploadAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        var path = LocalKeys.PathOf(_root, key);
        CheckDirectory();
        var temporary = _staging.NextPath();
        try
        {
            await WriteAsync(key, source, temporary, cancellationToken).ConfigureAwait(false);
            Place(key, temporary, path, options);
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Gives a complete, flushed file its name.</summary>
    private void Place(string key, string temporary, string path, PutOptions options)
    {
        try
        {
            if (options.IfAbsent)
                _folders.Place(path, () => DirectorySync.MoveIfAbsent(temporary, path));
            else
                _folders.Place(path, () => DirectorySync.Replace(temporary, path));
        }
        catch (IOException failure) when (options.IfAbsent && LocalBucketErrors.SaysExists(failure) && File.Exists(path))
        {
            throw new BucketException(BucketErrorKind.AlreadyExists, $"put {key}: there is an object of that key already", failure);
        }
        catch (UnauthorizedAccessException failure) when (OperatingSystem.IsWindows() && Path.Exists(path))
        {
            // Not that it were forbidden: Windows does not replace a folder, nor, on some file systems, a file that is open.
            var kind = Directory.Exists(path) ? BucketErrorKind.InvalidRequest : BucketErrorKind.ProviderFailure;
            throw new BucketException(kind, $"put {key}: {failure.Message}", failure);
        }
    }

    private static async Task WriteAsync(string key, IUploadSource source, string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, NewFile());
        await using (file.ConfigureAwait(false))
        {
            await CopyAsync(key, source, file, cancellationToken).ConfigureAwait(false);
            DirectorySync.FlushFile(file.SafeFileHandle, path);
        }
    }

    /// <summary>A file that is not there yet, for this user alone.</summary>
    private static FileStreamOptions NewFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = LocalFolders.FileMode;
        return options;
    }

    /// <summary>Writes the whole source from the file's position on.</summary>
    private static async Task CopyAsync(string key, IUploadSource source, FileStream file, CancellationToken cancellationToken)
    {
        var start = file.Position;
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(source.Length, 1, CopyBufferSize));
        try
        {
            var content = source.OpenRead();
            await using (content.ConfigureAwait(false))
            {
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                if (file.Position - start != source.Length)
                    throw UploadReader.WrongLength(key, source);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private bool Delete(string key)
    {
        var path = LocalKeys.PathOf(_root, key);
        if (!File.Exists(path))
        {
            _ = Head(key); // throws where it cannot tell
            return false;
        }
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (LocalBucketErrors.SaysAbsent(failure))
        {
            return false;
        }
        _folders.Removed(path);
        return true;
    }

    private ListPage List(string prefix, char? delimiter, string? pageToken, int maxKeys)
    {
        CheckDirectory();
        return ListingPager.Cut(_listing.Walk, prefix, delimiter, pageToken, maxKeys);
    }

    /// <summary>The staging folder is there as long as the directory is the one that was opened, and not an empty mount point.</summary>
    private void CheckDirectory()
    {
        if (!Directory.Exists(Path.Combine(_root, LocalKeys.StagingFolder)))
            throw new BucketException(BucketErrorKind.NoSuchBucket, $"the directory {_root} is gone, or is not the one that was opened");
    }

    /// <summary>An object as the source of another one.</summary>
    private sealed class FileSource(string path, long length) : IUploadSource
    {
        public long Length => length;

        public Stream OpenRead() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }
}
