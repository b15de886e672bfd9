using System.Security.Cryptography;
using System.Text;

namespace OrthancCloudFs.Program.Control;

/// <summary>Where the mount program of a mount point listens for <c>status</c> and <c>unmount</c>: a socket that only its user can open.</summary>
internal static class ControlSocket
{
    private const string FolderName = "orthanc-cloudfs";

    /// <summary>The path is short, since a socket's address has about 100 characters, and follows from the mount point alone.</summary>
    public static string PathFor(string mountPoint)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountPoint));
        return Path.Combine(Folder(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..24] + ".sock");
    }

    /// <exception cref="IOException">The folder is somebody else's, who may have made it under /tmp.</exception>
    public static void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        DirectoryInfo folder = Directory.CreateDirectory(Folder(), ownerOnly);
        if (folder.LinkTarget is not null)
            throw new IOException($"{folder.FullName} is a link: remove it");
        try
        {
            File.SetUnixFileMode(folder.FullName, ownerOnly); // which only its owner can
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{folder.FullName} belongs to another user: remove it", e);
        }
    }

    private static string Folder()
    {
        if (Environment.IsPrivilegedProcess)
            return Path.Combine("/run", FolderName);
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return string.IsNullOrEmpty(runtime)
            ? Path.Combine(Path.GetTempPath(), $"{FolderName}-{Environment.UserName}")
            : Path.Combine(runtime, FolderName);
    }
}
