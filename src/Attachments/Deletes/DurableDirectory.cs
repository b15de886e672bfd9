namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>Directories that only their owner may enter.</summary>
internal static class DurableDirectory
{
    /// <summary>Makes it, and those above it, where they are missing.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
