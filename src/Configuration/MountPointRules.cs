namespace OrthancCloudFs.Configuration;

/// <summary>
/// Directories that the program itself uses must not lie within the mount: it would wait for itself. Only the spelling of
/// the paths is compared, symbolic links are not followed.
/// </summary>
internal static class MountPointRules
{
    public static void Check(CloudFsSettings settings)
    {
        string mountPoint = settings.MountPoint;
        if (mountPoint == Path.GetPathRoot(mountPoint))
            throw new ConfigurationException($"The mount point is the root of the file system: set \"MountPoint\" in \"{SectionNames.CloudFs}\" to a directory of its own.");

        if (settings.Provider is LocalStorageSettings local)
        {
            RefuseWithin(local.Directory, mountPoint, $"\"Directory\" of \"{SectionNames.LocalStorage}\"");
            if (IsWithin(mountPoint, local.Directory))
                throw new ConfigurationException($"The mount point {mountPoint} lies within \"Directory\" of \"{SectionNames.LocalStorage}\" ({local.Directory}): choose a directory outside.");
        }

        RefuseWithin(settings.StateDirectory, mountPoint, $"\"StateDirectory\" of \"{SectionNames.CloudFs}\"");
        if (settings.Logging.File is { } logFile)
            RefuseWithin(logFile, mountPoint, $"\"LogFile\" of \"{SectionNames.CloudFs}\"");
    }

    private static void RefuseWithin(string path, string mountPoint, string what)
    {
        if (IsWithin(path, mountPoint))
            throw new ConfigurationException($"{what} ({path}) lies within the mount point {mountPoint}: choose a place outside.");
    }

    private static bool IsWithin(string path, string directory)
    {
        return path == directory || path.StartsWith(Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
