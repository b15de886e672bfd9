using OrthancCloudFs.Buckets.Local;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>Directories on local disk that only their owner may enter, and that one process at a time uses.</summary>
internal static class JournalDirectory
{
    private const string LockName = "lock";

    /// <summary>Makes the directory, and those above it, where they are missing, and keeps other processes out until disposal.</summary>
    /// <exception cref="IOException">It cannot be made, or another process uses it: the one would drop what the other is uploading.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be used.</exception>
    public static FileStream Lock(string directory)
    {
        DirectorySync.CreateFolder(directory);
        string path = Path.Combine(directory, LockName);
        try
        {
            return new FileStream(path, ForOwner(new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
            }));
        }
        catch (IOException e)
        {
            throw new IOException($"{path} cannot be locked: another mount of this bucket and root path uses it ({e.Message})", e);
        }
    }

    /// <summary>The same options for a file that, if it is made, its owner alone may read.</summary>
    public static FileStreamOptions ForOwner(FileStreamOptions options)
    {
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
