namespace OrthancCloudFs.Buckets.Local;

/// <summary>Object keys as paths below the bucket's directory.</summary>
internal static class LocalKeys
{
    /// <summary>The folder for uploads in progress, on the same file system; no key may begin with it, and no listing shows it.</summary>
    internal const string StagingFolder = ".orthanc-cloudfs-staging";

    private static readonly char[] Forbidden = OperatingSystem.IsWindows() ? [.. Path.GetInvalidFileNameChars()] : ['\0'];

    /// <summary>The file of an object.</summary>
    /// <exception cref="BucketException">The key would leave the directory, or is no path at all.</exception>
    internal static string PathOf(string root, string key)
    {
        var segments = key.Split('/');
        foreach (var segment in segments)
        {
            if (segment is "" or "." or ".." || segment.IndexOfAny(Forbidden) >= 0)
                throw new BucketException(BucketErrorKind.InvalidRequest, $"the key '{Printable(key)}' is no path below a directory");
        }
        if (segments[0] == StagingFolder)
            throw new BucketException(BucketErrorKind.InvalidRequest, $"the key '{Printable(key)}' lies in a reserved folder");
        return Path.Combine([root, .. segments]);
    }

    private static string Printable(string key) => key.Replace('\0', '?');
}
