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
    private readonly Task<string> _errors;

    private ServerScript(Process script, Task<string> errors) => (_script, _errors) = (script, errors);

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
            return new ServerScript(script, errors);
        script.StandardInput.Close();
        await script.WaitForExitAsync();
        throw new InvalidOperationException($"{name} did not start: {await errors}");
    }

    /// <summary>Says one line to the script and waits until it is done.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has the script's own words.</exception>
    internal async Task CommandAsync(string command)
    {
        await _script.StandardInput.WriteLineAsync(command);
        await _script.StandardInput.FlushAsync();
        if (await _script.StandardOutput.ReadLineAsync() != "done")
            throw new InvalidOperationException($"{command}: {await _errors}");
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
