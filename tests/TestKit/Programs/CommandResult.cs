using System.Text;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>What a program that has ended left: exit code, standard output as bytes, standard error as text.</summary>
public sealed record CommandResult(int ExitCode, ReadOnlyMemory<byte> OutputBytes, string Errors)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes.Span);

    /// <summary>The same result, or an exception with the program's own words when it did not end with 0.</summary>
    /// <exception cref="InvalidOperationException">The exit code is not 0.</exception>
    public CommandResult Succeeded(string what) =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"{what} ended with {ExitCode}: {Errors}{Output}");
}
