namespace OrthancCloudFs.Buckets.Local;

/// <summary>
/// Where one process keeps its uploads in progress: a folder of its own beneath <see cref="LocalKeys.StagingFolder"/>, and beside it a
/// file that is locked as long as the process lives, so that another can tell leftovers of a crash from work in progress.
/// </summary>
internal sealed class LocalStaging : IDisposable
{
    private const string LockSuffix = ".lock";

    private readonly string _folder;
    private readonly FileStream _lock;
    private long _next;

    private LocalStaging(string folder, FileStream held) => (_folder, _lock) = (folder, held);

    /// <summary>Makes this process's folder, and removes those of processes that are no more.</summary>
    internal static LocalStaging Open(string root)
    {
        var parent = Path.Combine(root, LocalKeys.StagingFolder);
        LocalFolders.Create(parent);
        RemoveLeftovers(parent);
        while (true)
        {
            // Locked before the folder exists; where somebody else's cleaning got the lock first, the next name will do.
            var folder = Path.Combine(parent, Guid.NewGuid().ToString("N"));
            if (TryLock(folder + LockSuffix, FileMode.CreateNew) is not { } held)
                continue;
            LocalFolders.Create(folder);
            return new LocalStaging(folder, held);
        }
    }

    /// <summary>A name that nobody else uses.</summary>
    internal string NextPath() => Path.Combine(_folder, $"{Interlocked.Increment(ref _next):x}.tmp");

    /// <summary>Where the file of that name is, of those that <see cref="NextPath"/> named.</summary>
    internal string PathOf(string name) => Path.Combine(_folder, Path.GetFileName(name));

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
            File.Delete(_lock.Name);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next start tries again.
        }
        _lock.Dispose();
    }

    private static void RemoveLeftovers(string parent)
    {
        foreach (var path in Directory.EnumerateFiles(parent, "*" + LockSuffix))
        {
            try
            {
                using var held = TryLock(path, FileMode.Open);
                if (held is null)
                    continue;
                var folder = path[..^LockSuffix.Length];
                if (Directory.Exists(folder))
                    Directory.Delete(folder, recursive: true);
                File.Delete(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Not ours to remove, or removed by another start at the same time.
            }
        }
    }

    private static FileStream? TryLock(string path, FileMode mode)
    {
        // On Unix, None makes .NET take flock(2).
        var share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows() && mode == FileMode.CreateNew)
            options.UnixCreateMode = LocalFolders.FileMode;
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException failure) when (LocalBucketErrors.SaysLocked(failure) || LocalBucketErrors.SaysAbsent(failure))
        {
            return null;
        }
    }
}
