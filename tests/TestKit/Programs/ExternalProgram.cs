using System.Diagnostics;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>Runs programs to their end.</summary>
public static class ExternalProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program without a shell and waits for its end; one that takes more than two minutes is killed.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(StartInfo(program, arguments))!;
        process.StandardInput.Close();
        using var output = new MemoryStream();
        Task copying = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(process.WaitForExitAsync(), copying, errors).WaitAsync(Limit);
        }
        catch (TimeoutException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Limit}", e);
        }

        return new CommandResult(process.ExitCode, output.ToArray(), await errors);
    }

    /// <summary>How to start a program with its three streams in our hands.</summary>
    public static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
