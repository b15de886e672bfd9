namespace OrthancCloudFs.Buckets.Local;

/// <summary>
/// The folders between the bucket's directory and its objects: made for a put, durable before it returns, removed when the last object
/// in them is. Within this process a folder is never removed while a put is about to use it.
/// </summary>
internal sealed class LocalFolders : IDisposable
{
    /// <summary>0600: objects are for this program's user alone.</summary>
    internal const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Another process may remove a folder between our making it and using it; so often in a row means something else.</summary>
    private const int MaxAttempts = 100;

    private readonly string _root;

    /// <summary>Held shared by puts while they place a file, exclusively while folders are removed.</summary>
    private readonly ReaderWriterLockSlim _placing = new();

    /// <summary>Folders whose own name is known to be durable. Guarded by itself.</summary>
    private readonly HashSet<string> _durable = new(StringComparer.Ordinal);

    /// <summary>Counts removals; what was learnt of folders before one may not hold after it. Guarded by <see cref="_placing"/>.</summary>
    private long _epoch;

    internal LocalFolders(string root) => _root = root;

    /// <summary>Makes one folder, and those above it that are missing, for this program's user alone; returns those that it made.</summary>
    internal static IReadOnlyList<string> Create(string path)
    {
        if (Directory.Exists(path))
            return [];
        var made = new List<string>();
        for (var folder = path; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            made.Add(folder);
        // One by one from above, because .NET applies the mode to the last one only.
        for (var i = made.Count - 1; i >= 0; i--)
        {
            // On Windows the others take after the uppermost.
            if (OperatingSystem.IsWindows() && i < made.Count - 1)
                Directory.CreateDirectory(made[i]);
            else
                DirectorySync.CreateFolder(made[i]);
        }
        return made;
    }

    /// <summary>Makes the bucket's directory, and returns when its own name is durable.</summary>
    internal static void CreateRoot(string root)
    {
        foreach (var folder in Create(root))
            DirectorySync.Flush(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Runs <paramref name="place"/> (which gives a file the name <paramref name="path"/>) and returns when the name is durable.</summary>
    internal void Place(string path, Action place)
    {
        var folder = Path.GetDirectoryName(path)!;
        long epoch;
        _placing.EnterReadLock();
        try
        {
            epoch = _epoch;
            PlaceInFolder(folder, place);
        }
        finally
        {
            _placing.ExitReadLock();
        }

        // From here on the file keeps its folders from being removed. Names first of the leaf, then upwards.
        FlushNearest(folder);
        var flushed = new List<string>();
        for (var child = folder; child != _root && !IsDurable(child); child = Path.GetDirectoryName(child)!)
        {
            FlushNearest(Path.GetDirectoryName(child)!);
            flushed.Add(child);
        }
        if (flushed.Count > 0)
            Remember(flushed, epoch);
    }

    /// <summary>Makes the removal of the file at <paramref name="path"/> durable and removes the folders that it left empty.</summary>
    internal void Removed(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        _placing.EnterWriteLock();
        try
        {
            while (folder != _root && TryRemove(folder))
                folder = Path.GetDirectoryName(folder)!;
        }
        finally
        {
            _placing.ExitWriteLock();
        }
        FlushNearest(folder);
    }

    /// <inheritdoc/>
    public void Dispose() => _placing.Dispose();

    private static void PlaceInFolder(string folder, Action place)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Create(folder);
                place();
                return;
            }
            catch (IOException failure) when (LocalBucketErrors.SaysAbsent(failure) && attempt < MaxAttempts && !File.Exists(folder))
            {
                // Removed by another process in between.
            }
        }
    }

    private bool IsDurable(string folder)
    {
        lock (_durable)
            return _durable.Contains(folder);
    }

    private void Remember(List<string> folders, long epoch)
    {
        _placing.EnterReadLock();
        try
        {
            if (_epoch != epoch)
                return;
            lock (_durable)
                _durable.UnionWith(folders);
        }
        finally
        {
            _placing.ExitReadLock();
        }
    }

    private bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (Exception failure) when (LocalBucketErrors.SaysNotEmpty(failure) || LocalBucketErrors.SaysBusyFolder(failure))
        {
            return false;
        }
        catch (DirectoryNotFoundException)
        {
            // Another process removed it.
        }
        _epoch++;
        lock (_durable)
            _durable.Remove(folder);
        return true;
    }

    /// <summary>The nearest folder that is still there; one that another delete removed since was made durable by it.</summary>
    private void FlushNearest(string folder)
    {
        while (true)
        {
            try
            {
                DirectorySync.Flush(folder);
                return;
            }
            catch (IOException failure) when (LocalBucketErrors.SaysAbsent(failure) && folder != _root)
            {
                folder = Path.GetDirectoryName(folder)!;
            }
        }
    }
}
