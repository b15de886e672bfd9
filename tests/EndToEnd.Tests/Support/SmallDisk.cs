using System.Globalization;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests.Support;

/// <summary>A file system of a few megabytes.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        string path = Directory.CreateTempSubdirectory("orthanc-cloudfs-disk-").FullName;
        string size = megabytes.ToString(CultureInfo.InvariantCulture);
        CommandResult mounted = await ExternalProgram.RunAsync(
            "mount", "-t", "tmpfs", "-o", $"size={size}m,mode=0700", "orthanc-cloudfs-test", path);
        mounted.Succeeded("mount");
        return new SmallDisk(path);
    }

    public async ValueTask DisposeAsync()
    {
        await ExternalProgram.RunAsync("umount", "--lazy", Path);
        Directory.Delete(Path);
    }
}
