namespace OrthancCloudFs.Program;

/// <summary>The program's exit codes; documented in docs/cli.md and never renumbered.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>A failure that no other code names.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The configuration is missing or wrong.</summary>
    public const int Configuration = 3;

    /// <summary>A master key file is missing or wrong, or an object cannot be opened with the keys.</summary>
    public const int Keys = 4;

    /// <summary>The bucket cannot be reached or used.</summary>
    public const int Bucket = 5;

    /// <summary>Mounting or unmounting failed.</summary>
    public const int Mount = 6;

    /// <summary>There is no such attachment, or nothing is mounted there.</summary>
    public const int NotFound = 7;

    /// <summary>Unmounted, but the bucket has not confirmed everything; the next mount goes on with it.</summary>
    public const int Pending = 8;
}

/// <summary>Ends a command with one line on standard error and an exit code.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;
}
