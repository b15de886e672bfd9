using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>
/// The built program <c>orthanc-cloudfs</c>: the one that the variable <c>ORTHANC_CLOUDFS_PROGRAM</c> names, otherwise
/// <c>bin/orthanc-cloudfs</c> of this repository (<c>make build</c>).
/// </summary>
public static class CloudFsProgram
{
    /// <summary>Where it is.</summary>
    public static string Location { get; } = Locate();

    /// <summary>Runs a command to its end. <c>mount</c> ends when the mount is ready and leaves the program in the background.</summary>
    public static Task<CommandResult> RunAsync(params string[] arguments) => ExternalProgram.RunAsync(Location, arguments);

    /// <summary>Mounts in the background.</summary>
    public static async Task MountAsync(string configuration) =>
        (await RunAsync("mount", "--config", configuration)).Succeeded("mount");

    /// <summary>Unmounts, and waits for the end of the program in the background.</summary>
    public static async Task UnmountAsync(string mountPoint) => (await RunAsync("unmount", mountPoint)).Succeeded("unmount");

    /// <summary>Asks the program in the background for its counts.</summary>
    public static async Task<CloudFsStatus> StatusAsync(string mountPoint) =>
        CloudFsStatus.Parse((await RunAsync("status", mountPoint, "--json")).Succeeded("status").Output);

    /// <summary>Kills the program behind a mount as a crash would, and waits until it has gone; the mount stays, stale.</summary>
    public static async Task KillAsync(string mountPoint) => await KillAsync((await StatusAsync(mountPoint)).ProcessId);

    /// <summary>The same, of a program whose process is known.</summary>
    public static async Task KillAsync(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        await process.WaitForExitAsync();
    }

    private static string Locate([CallerFilePath] string here = "")
    {
        string path = Environment.GetEnvironmentVariable("ORTHANC_CLOUDFS_PROGRAM")
            ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "bin", "orthanc-cloudfs"));
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there; build it first: make build", path);
    }
}
