namespace OrthancCloudFs.Configuration;

/// <summary>
/// Directories that the program itself uses must not lie within the mount: it would wait for itself. Only the spelling of
/// the paths is compared, symbolic links are not followed.
/// </summary>
internal static class MountPointRules
{
    private static readonly StringComparison SpellingOfPaths =
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <returns>What is wrong, as a sentence; null if nothing is.</returns>
    public static string? FindFault(CloudFsSettings settings)
    {
        string mountPoint = settings.MountPoint;
        if (mountPoint == Path.GetPathRoot(mountPoint) && Directory.Exists(mountPoint)) // on Windows, one that is free can be a drive
            return $"the mount point is the root of the file system: set \"MountPoint\" of \"{SectionNames.CloudFs}\" to a directory.";
        if (settings.Provider is LocalStorageSettings { Directory: var bucket } && IsWithin(mountPoint, bucket) && !mountPoint.Equals(bucket, SpellingOfPaths))
            return $"the mount point {mountPoint} lies within \"Directory\" of \"{SectionNames.LocalStorage}\" ({bucket}): choose a place outside.";

        foreach ((string key, string section, string? path) in OwnPaths(settings))
        {
            if (path is not null && IsWithin(path, mountPoint))
                return $"\"{key}\" of \"{section}\" ({path}) lies within the mount point {mountPoint}: choose a place outside.";
        }

        return null;
    }

    private static IEnumerable<(string Key, string Section, string? Path)> OwnPaths(CloudFsSettings settings)
    {
        yield return (KnownKeys.Directory.Name, SectionNames.LocalStorage, (settings.Provider as LocalStorageSettings)?.Directory);
        yield return (KnownKeys.StateDirectory.Name, SectionNames.CloudFs, settings.StateDirectory);
        yield return (KnownKeys.UnderlayDirectory.Name, SectionNames.CloudFs, settings.UnderlayDirectory);
        yield return (KnownKeys.LogFile.Name, SectionNames.CloudFs, settings.Logging.File);
    }

    private static bool IsWithin(string path, string directory)
    {
        string prefix = Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar;
        return path.Equals(directory, SpellingOfPaths) || path.StartsWith(prefix, SpellingOfPaths);
    }
}
