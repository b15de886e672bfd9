using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Requests;

/// <summary>What one system call returned: <paramref name="Error"/> is the name of its errno, null when it succeeded.</summary>
public sealed record CallResult(string Call, string? Error, string Value, double Seconds)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Call} = {Error ?? $"ok {Value}"} ({Seconds:0.000} s)";
}

/// <summary>Makes system calls in a process of its own (<c>system_calls.py</c>), so that the mount in this process can answer them.</summary>
public static class SystemCalls
{
    private const string Python = "/usr/bin/python3";

    /// <summary>More than any sequence of a test takes; a process that hangs is killed then, and the test fails.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Makes the calls one after the other, whatever each of them returns.</summary>
    public static async Task<IReadOnlyList<CallResult>> RunAsync(params IEnumerable<string> calls)
    {
        string[] lines = [.. calls];
        (int exitCode, string output, string errors) =
            await RunProcessAsync(Python, [ScriptPath("Requests/system_calls.py")], string.Join('\n', lines));
        Assert.True(exitCode == 0, $"system_calls.py ended with {exitCode}: {errors}");
        using JsonDocument read = JsonDocument.Parse(output);
        CallResult[] results = [.. read.RootElement.EnumerateArray().Select(
            one => new CallResult(one[0].GetString()!, one[1].GetString(), one[2].GetString()!, one[3].GetDouble()))];
        Assert.Equal(lines.Length, results.Length);
        return results;
    }

    /// <summary>What each call returned: "ok" or the name of its errno, separated by blanks.</summary>
    public static string Outcomes(this IEnumerable<CallResult> results) => string.Join(' ', results.Select(result => result.Error ?? "ok"));

    /// <summary>The values that the calls returned, separated by bars.</summary>
    public static string Values(this IEnumerable<CallResult> results) => string.Join('|', results.Select(result => result.Value));

    /// <summary>Makes one call.</summary>
    public static async Task<CallResult> OneAsync(string call) => (await RunAsync(call))[0];

    /// <summary>Makes the calls and fails the test unless every one of them succeeds.</summary>
    public static async Task<IReadOnlyList<CallResult>> SucceedAsync(params IEnumerable<string> calls)
    {
        IReadOnlyList<CallResult> results = await RunAsync(calls);
        Assert.DoesNotContain(results, result => result.Error is not null);
        return results;
    }

    /// <summary>Runs a shell script.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> ShellAsync(string script) =>
        RunProcessAsync("/bin/bash", ["-c", script], "");

    /// <summary>Runs a shell script that must succeed, and returns what it printed.</summary>
    public static async Task<string> ShellSucceedsAsync(string script)
    {
        (int exitCode, string output, string errors) = await ShellAsync(script);
        Assert.True(exitCode == 0, $"exit code {exitCode} of: {script}\n{output}\n{errors}");
        return output;
    }

    /// <summary>Runs a script of this project in Python.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> PythonAsync(string script, params string[] arguments) =>
        RunProcessAsync(Python, [ScriptPath(script), .. arguments], "");

    /// <summary>Starts a process and leaves its end to the caller.</summary>
    public static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    })!;

    private static string ScriptPath(string script) => Path.Combine(AppContext.BaseDirectory, script);

    private static async Task<(int ExitCode, string Output, string Errors)> RunProcessAsync(string program, string[] arguments,
        string input)
    {
        using Process process = Start(program, arguments);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {Patience.TotalSeconds} s: {input}", e);
        }
    }
}
