using System.Diagnostics;
using Xunit;

namespace FuseServer.Tests.Support;

/// <summary>
/// Programs that use the mount: a system call on it from this process would hold a thread that cannot be stopped for a garbage
/// collection of which the answer may be in need.
/// </summary>
internal static class Programs
{
    public static (int Exit, string Output, string Error) Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        using CancellationTokenRegistration _ = TestContext.Current.CancellationToken.Register(() => process.Kill(entireProcessTree: true));
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }
        return (process.ExitCode, output.Result, error);
    }

    /// <summary>Runs a shell script that must succeed, and returns what it printed.</summary>
    public static string Shell(string script)
    {
        (int exit, string output, string error) = Run("bash", "-ec", script);
        return exit == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"{script}: {exit}: {error}");
    }

    public static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }
}
