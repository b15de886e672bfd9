namespace OrthancCloudFs.Program.Native;

/// <summary>How this program is started once more.</summary>
internal static class ThisProgram
{
    /// <summary>The program, and what comes before its own arguments: its assembly, where it was started by <c>dotnet</c>.</summary>
    public static IReadOnlyList<string> Invocation { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, typeof(ThisProgram).Assembly.Location]
        : [Environment.ProcessPath!];
}
