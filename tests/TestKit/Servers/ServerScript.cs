using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace OrthancCloudFs.TestKit.Servers;

/// <summary>
/// A server that a script of <c>tests/servers</c> runs: the script says "ready", and ends the server when its standard input is closed,
/// which happens with this object and with this process, however that ends.
/// </summary>
internal sealed class ServerScript : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private readonly Process _script;

    private ServerScript(Process script) => _script = script;

    /// <exception cref="InvalidOperationException">It did not come up; the message has the script's own words.</exception>
    internal static async Task<ServerScript> StartAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments.Prepend(PathOf(name)))
            start.ArgumentList.Add(argument);
        var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync();
        var line = script.StandardOutput.ReadLineAsync();
        await Task.WhenAny(line, Task.Delay(StartTimeout));
        if (line.IsCompletedSuccessfully && await line == "ready")
            return new ServerScript(script);
        script.StandardInput.Close();
        await script.WaitForExitAsync();
        throw new InvalidOperationException($"{name} did not start: {await errors}");
    }

    /// <summary>A new name in the folder of temporary files.</summary>
    internal static string NewDirectory(string name) => Path.Combine(Path.GetTempPath(), $"orthanc-cloudfs-{name}-{Guid.NewGuid():N}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close();
        await _script.WaitForExitAsync();
        _script.Dispose();
    }

    private static string PathOf(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "servers", name));
}
