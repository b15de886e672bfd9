using System.Diagnostics;
using FuseServer;
using OrthancCloudFs.FuseAdapter.Underlay;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Underlay;

/// <summary>
/// The underlay alone, mounted over a temporary folder. All file calls are made by other processes: a call of this process could wait for
/// an answer that this process has to give.
/// </summary>
public sealed class UnderlayMount : IAsyncDisposable
{
    private const string TestScripts = "Underlay";

    /// <summary>Unlike CreateTempSubdirectory's, one that other users may pass through.</summary>
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"underlay-{Guid.NewGuid():N}")).FullName;

    private readonly UnderlayFileSystem _underlay;

    private UnderlayMount(FuseOptions options)
    {
        MountPoint = Path.Combine(_folder, "mount");
        Beneath = Path.Combine(_folder, "beneath");
        Directory.CreateDirectory(Beneath);
        Directory.CreateDirectory(MountPoint);
        _underlay = UnderlayFileSystem.Open(Beneath, static _ => false);
        Session = FuseSession.Mount(MountPoint, _underlay, options);
    }

    /// <summary>Where the underlay is seen.</summary>
    public string MountPoint { get; }

    /// <summary>The directory itself, which these tests, unlike a real mount, leave reachable beside the mount point.</summary>
    public string Beneath { get; }

    public FuseSession Session { get; }

    public static UnderlayMount Create(bool writebackCache = true) =>
        new(new FuseOptions { AllowOther = true, WritebackCache = writebackCache, FileSystemName = "underlay-test" });

    /// <summary>How often the kernel asked for something.</summary>
    public long Requests(string opcode) => Session.Counters.RequestsByOperation.GetValueOrDefault(opcode);

    /// <summary>Runs a bash script with the mount point as its folder and "$mount" and "$beneath"; fails unless it exits with 0.</summary>
    public Task<string> BashAsync(string script) => RunAsync("/bin/bash", "-euo", "pipefail", "-c", script);

    /// <summary>Runs a Python program of the text given; fails unless it exits with 0.</summary>
    public Task<string> PythonAsync(string program, params string[] arguments) =>
        RunAsync("python3", ["-c", program, .. arguments]);

    /// <summary>Runs a Python program that lies beside the tests.</summary>
    public Task<string> PythonFileAsync(string file, params string[] arguments) =>
        RunAsync("python3", [Path.Combine(AppContext.BaseDirectory, TestScripts, file), .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        _underlay.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        // The folder is entered by the shell: here, Process.Start would look at it in this process.
        var start = new ProcessStartInfo("/bin/bash", ["-c", "cd \"$mount\" && exec \"$@\"", program, program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["mount"] = MountPoint;
        start.Environment["beneath"] = Beneath;
        using Process process = Process.Start(start)!;
        using CancellationTokenRegistration kill = TestContext.Current.CancellationToken.Register(() => process.Kill(entireProcessTree: true));
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{output}\n{await errors}");
        return output.Trim();
    }
}
