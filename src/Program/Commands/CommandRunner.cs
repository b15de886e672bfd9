using System.CommandLine;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Program.Kernel;
using OrthancCloudFs.Program.Mounting;

namespace OrthancCloudFs.Program.Commands;

/// <summary>What all commands share: the option <c>--config</c>, and failures as one line and an exit code.</summary>
internal static class CommandRunner
{
    public static Option<string> ConfigOption() => new("--config", "-c")
    {
        Description = "Orthanc's configuration: a JSON file, or a folder of them as in /etc/orthanc",
        Required = true,
        HelpName = "PATH",
    };

    /// <summary>Runs a command's body; a known failure becomes one line on standard error and its exit code.</summary>
    public static void SetBody(this Command command, Func<ParseResult, CancellationToken, Task<int>> body) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await body(parsed, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (ExitCodeOf(e) is { } exitCode)
            {
                string line = $"orthanc-cloudfs {NameOf(command)}: {OneLine(e.Message)}";
                await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
                BackgroundMount.SayToWaitingHalf(line);
                return exitCode;
            }
        });

    /// <summary>As it is typed, such as "service install".</summary>
    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault(parent => parent is not RootCommand) is { } parent ? $"{parent.Name} {command.Name}" : command.Name;

    public static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private static int? ExitCodeOf(Exception e) => e switch
    {
        CommandException command => command.ExitCode,
        ConfigurationException => ExitCode.Configuration,
        MasterKeyException => ExitCode.Keys,
        AttachmentException { Error: AttachmentError.NotFound } => ExitCode.NotFound,
        AttachmentException { Error: AttachmentError.Unreadable } => ExitCode.Keys,
        AttachmentException or BucketException => ExitCode.Bucket,
        MountException => ExitCode.Mount,
        IOException or UnauthorizedAccessException => ExitCode.Failure,
        _ => null,
    };
}
