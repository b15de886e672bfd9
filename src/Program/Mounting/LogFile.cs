using OrthancCloudFs.Buckets.Local;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Program.Native;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>Where a mount logs that has no terminal.</summary>
internal static class LogFile
{
    private const string Name = "orthanc-cloudfs.log";

    /// <summary>
    /// Sends the log to "LogFile"; without one, a mount that has no terminal logs to a file in the state directory, another one to where standard
    /// error leads.
    /// </summary>
    /// <param name="settings">Name the file.</param>
    /// <param name="inBackground">This is the background half of <c>mount</c>.</param>
    /// <param name="hasTerminal">Somebody may read standard error.</param>
    public static void Use(CloudFsSettings settings, bool inBackground, bool hasTerminal)
    {
        string? path = settings.Logging.File ?? (hasTerminal ? null : Path.Combine(settings.StateDirectory, Name));
        if (path is null)
            return;
        DirectorySync.CreateFolder(Path.GetDirectoryName(path)!);
        if (inBackground)
            BackgroundMount.BecomeBackgroundHalf(path);
        else
            StandardError.SendTo(path);
    }
}
