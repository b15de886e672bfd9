using System.Diagnostics;
using System.Text;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary><c>mount</c> as a process in the hands of a test: what it says, signals, and how it ends. Killed with this object if it still runs.</summary>
public sealed class RunningMount : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private RunningMount(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>Standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts <c>mount</c> with further arguments.</summary>
    /// <param name="environment">Further variables.</param>
    /// <param name="arguments">After <c>mount</c>.</param>
    public static RunningMount Start(IReadOnlyList<(string Name, string Value)> environment, params string[] arguments)
    {
        ProcessStartInfo start = ExternalProgram.StartInfo(CloudFsProgram.Location, ["mount", .. arguments]);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return new RunningMount(Process.Start(start)!);
    }

    /// <summary>Sends SIGTERM.</summary>
    public async Task TerminateAsync() => (await ExternalProgram.RunAsync("kill", "-TERM", $"{_process.Id}")).Succeeded("kill");

    /// <summary>Waits until standard error has a text, or the process has ended.</summary>
    public async Task SaysAsync(string text)
    {
        while (!Errors.Contains(text, StringComparison.Ordinal) && !_process.HasExited)
            await Task.Delay(50);
        if (!Errors.Contains(text, StringComparison.Ordinal))
            throw new InvalidOperationException($"mount ended with {_process.ExitCode} and never said '{text}': {Errors}");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
