using System.Runtime.Versioning;

namespace OrthancCloudFs.Program.Kernel;

/// <summary>
/// Where a volume is mounted on Windows: a drive, or a folder that WinFsp makes and takes away. Nobody can make a drive; a folder that is away
/// Orthanc makes itself, and stores in it in plain. So a file lies in its place while nothing is mounted.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsMountPoint(string path)
{
    private const string GuardText =
        "The bucket is not mounted here now. This file keeps Orthanc from making a folder in its place and storing images in it in plain.\r\n";

    /// <summary>True for a drive letter.</summary>
    public bool IsDrive { get; } = path is [>= 'A' and <= 'Z' or >= 'a' and <= 'z', ':', ..] && path == Path.GetPathRoot(path);

    /// <summary>As WinFsp is told of it: <c>O:</c>, or the folder's path.</summary>
    public string Name => IsDrive ? path[..2] : path;

    /// <summary>Why nothing can be mounted there; null when it can be.</summary>
    public string? FindFault()
    {
        if (IsDrive)
            return Directory.Exists(Name + @"\") ? $"the drive {Name} exists already: choose a letter that is free" : null;
        if (Path.Exists(path) && !IsGuarded())
        {
            return $"{path} exists already, and WinFsp makes the folder itself: move it away, mount, and copy what is in it into the mount; "
                + "see docs/windows.md";
        }

        string? parent = Path.GetDirectoryName(path);
        return Directory.Exists(parent) ? null : $"{parent} does not exist: create it, the folder of the mount is made in it";
    }

    /// <summary>Takes the file away, if it is there, so that WinFsp can make the folder.</summary>
    public void Unguard()
    {
        if (!IsDrive && IsGuarded())
            File.Delete(path);
    }

    /// <summary>Puts the file in the place of the folder.</summary>
    /// <exception cref="IOException">Something is there.</exception>
    public void Guard()
    {
        if (IsDrive || IsGuarded())
            return;
        using var file = new StreamWriter(new FileStream(path, FileMode.CreateNew));
        file.Write(GuardText);
    }

    private bool IsGuarded() => new FileInfo(path) is { Exists: true, Length: var length } && length == GuardText.Length && File.ReadAllText(path) == GuardText;
}
