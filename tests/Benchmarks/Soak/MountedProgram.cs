using System.Diagnostics;
using System.Text.Json;

namespace OrthancCloudFs.Benchmarks.Soak;

/// <summary>
/// The real program in the foreground over a bucket that is a local directory, so that the objects are not in its memory, or over another one;
/// everything else lies in one temporary folder that goes with it.
/// </summary>
internal sealed class MountedProgram : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly string _program;
    private readonly string _folder;
    private readonly Process _process;

    private MountedProgram(string program, int stagingMegabytes, string parent, (string Name, string Keys)? provider)
    {
        _program = program;
        _folder = Path.Combine(parent, $"orthanc-cloudfs-soak-{Path.GetRandomFileName()}");
        MountPoint = Path.Combine(_folder, "mount");
        Directory.CreateDirectory(MountPoint);
        string keyFile = Path.Combine(_folder, "master.key");
        string configuration = Path.Combine(_folder, "orthanc.json");
        Run("keygen", keyFile);
        (string section, string keys) = provider ?? ("LocalStorage", $"\"Directory\": \"{Path.Combine(_folder, "bucket")}\"");
        File.WriteAllText(configuration, $$"""
            {
              "StorageDirectory": "{{MountPoint}}",
              "{{section}}": {
                {{keys}},
                "StorageEncryption": { "MasterKey": [1, "{{keyFile}}"] }
              },
              "OrthancCloudFs": {
                "StagingMemory": {{stagingMegabytes}},
                "StateDirectory": "{{Path.Combine(_folder, "state")}}"
              }
            }
            """);
        _process = Process.Start(StartInfo(isCaptured: false, "mount", "--foreground", "--config", configuration))!;
    }

    public string MountPoint { get; }

    public int ProcessId => _process.Id;

    /// <summary>Mounts, and returns when the mount answers.</summary>
    /// <param name="program">The program's path.</param>
    /// <param name="stagingMegabytes">Its budget.</param>
    /// <param name="parent">Where its temporary folder is made.</param>
    /// <param name="provider">Name and keys of the provider's section; a local directory without one.</param>
    public static async Task<MountedProgram> StartAsync(
        string program, int stagingMegabytes, string parent, (string Name, string Keys)? provider = null)
    {
        var mounted = new MountedProgram(program, stagingMegabytes, parent, provider);
        try
        {
            long began = Stopwatch.GetTimestamp();
            while (await mounted.TryGetStatusAsync().ConfigureAwait(false) is null)
            {
                if (mounted._process.HasExited || Stopwatch.GetElapsedTime(began) > StartPatience)
                    throw new InvalidOperationException($"{program} did not mount");
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
            }

            return mounted;
        }
        catch
        {
            await mounted.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What <c>status --json</c> says; null while nothing is mounted.</summary>
    public async Task<JsonElement?> TryGetStatusAsync()
    {
        using Process status = Process.Start(StartInfo(isCaptured: true, "status", MountPoint, "--json"))!;
        Task<string> errors = status.StandardError.ReadToEndAsync();
        string output = await status.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        _ = await errors.ConfigureAwait(false);
        await status.WaitForExitAsync().ConfigureAwait(false);
        return status.ExitCode == 0 ? JsonElement.Parse(output) : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited && await TryGetStatusAsync().ConfigureAwait(false) is not null)
            Run("unmount", MountPoint);
        else
            _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Run(params string[] arguments)
    {
        using Process process = Process.Start(StartInfo(isCaptured: false, arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{_program} {arguments[0]} ended with code {process.ExitCode}");
    }

    private ProcessStartInfo StartInfo(bool isCaptured, params string[] arguments) => new(_program, arguments)
    {
        UseShellExecute = false,
        RedirectStandardOutput = isCaptured,
        RedirectStandardError = isCaptured,
    };
}
