namespace OrthancCloudFs.Buckets.Local;

/// <summary>Object keys as paths below the bucket's directory.</summary>
internal static class LocalKeys
{
    /// <summary>The folder for uploads in progress, on the same file system; no key may begin with it, and no listing shows it.</summary>
    internal const string StagingFolder = ".orthanc-cloudfs-staging";

    /// <summary>Names that mean devices in every folder of Windows, also with an extension.</summary>
    private static readonly HashSet<string> Devices = new(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. Enumerable.Range(1, 9).SelectMany(number => (string[])[$"COM{number}", $"LPT{number}"]),
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly char[] Forbidden = OperatingSystem.IsWindows() ? [.. Path.GetInvalidFileNameChars()] : ['\0'];

    /// <summary>The file of an object.</summary>
    /// <exception cref="BucketException">The key would leave the directory, or is no path at all.</exception>
    internal static string PathOf(string root, string key)
    {
        var segments = key.Split('/');
        foreach (var segment in segments)
        {
            if (!IsName(segment))
                throw new BucketException(BucketErrorKind.InvalidRequest, $"the key '{Printable(key)}' is no path below a directory");
        }
        if (segments[0] == StagingFolder)
            throw new BucketException(BucketErrorKind.InvalidRequest, $"the key '{Printable(key)}' lies in a reserved folder");
        return Path.Combine([root, .. segments]);
    }

    /// <summary>
    /// False for what is no name of its own in a folder. On Windows that is also what ends in a dot or a space, which Windows drops, and what
    /// names a device.
    /// </summary>
    internal static bool IsName(string segment) =>
        segment is not ("" or "." or "..")
        && segment.IndexOfAny(Forbidden) < 0
        && !(OperatingSystem.IsWindows() && (segment[^1] is '.' or ' ' || Devices.Contains(segment.Split('.')[0].TrimEnd())));

    private static string Printable(string key) => key.Replace('\0', '?');
}
