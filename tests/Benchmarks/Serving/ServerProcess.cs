using System.Diagnostics;
using System.Text.Json;

namespace OrthancCloudFs.Benchmarks.Serving;

/// <summary>A <see cref="ServeCommand"/> in a process of its own, in a temporary folder that it removes.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-bench-").FullName;
    private readonly Process _process;

    private ServerProcess(IEnumerable<string> options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(ServeCommand.Name);
        start.ArgumentList.Add(_folder);
        foreach (string option in options)
            start.ArgumentList.Add(option);
        _process = Process.Start(start)!;
    }

    /// <summary>Starts it and returns when its mounts are ready.</summary>
    public static async Task<ServerProcess> StartAsync(params string[] options)
    {
        var server = new ServerProcess(options);
        _ = await server.ReadCountersAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>The mount point of one of the mounts.</summary>
    public string PathOf(string mount) => Path.Combine(_folder, mount);

    public async Task<ServerCounters> CountAsync()
    {
        await _process.StandardInput.WriteLineAsync().ConfigureAwait(false);
        return await ReadCountersAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task<ServerCounters> ReadCountersAsync()
    {
        string line = await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false)
            ?? throw new InvalidOperationException("The serving process has ended.");
        return JsonSerializer.Deserialize(line, ServerJson.Default.ServerCounters)!;
    }
}
