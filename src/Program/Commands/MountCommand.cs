using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Mounting;
using OrthancCloudFs.Program.Native;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>mount [MOUNTPOINT] --config PATH</c>.</summary>
internal static class MountCommand
{
    public static Command Create()
    {
        var mountPoint = new Argument<string?>("MOUNTPOINT")
        {
            Description = "Where to mount; by default \"MountPoint\" of the configuration, and without it Orthanc's StorageDirectory",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> config = CommandRunner.ConfigOption();
        var foreground = new Option<bool>("--foreground", "-f") { Description = "Stay in the foreground and log to standard error (for systemd)" };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse every change; the bucket is only read" };
        Option<TimeSpan?> wait = WaitOption();
        var background = new Option<bool>(BackgroundMount.OptionName) { Hidden = true };
        var command = new Command("mount", """
            Mounts the bucket over Orthanc's storage directory.

            Returns when the mount is ready: configuration and keys are right, and an object was put, read back and deleted in the
            bucket. The program then goes on in the background and logs to "LogFile", by default orthanc-cloudfs.log in the
            state directory. What lies beneath the mount point stays reachable: Orthanc's index belongs there.
            SIGTERM, or Ctrl+C, unmounts: nothing new is opened, files being written are committed when they are closed within "ShutdownTimeout",
            and fail otherwise. Exit code 8: the bucket has not confirmed everything, and the next mount goes on with it.
            """)
        {
            mountPoint, config, foreground, readOnly, wait, background,
        };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            ProcessProtection.DropPrivileges();
            ConfigurationResult configuration = OrthancConfigurationReader.Read(parsed.GetValue(config)!);
            if (parsed.GetValue(mountPoint) is { } given)
                configuration = configuration with { Settings = configuration.Settings.WithMountPoint(given) };
            bool inBackground = parsed.GetValue(background);
            if (!inBackground && !parsed.GetValue(foreground))
                return await BackgroundMount.StartAsync(Environment.GetCommandLineArgs()[1..], cancellationToken).ConfigureAwait(false);

            LogFile.Use(configuration.Settings, inBackground, hasTerminal: !inBackground);
            using ILoggerFactory loggers = LoggingComposition.Create(configuration.Settings.Logging);
            var run = new MountRun(configuration, parsed.GetValue(readOnly), parsed.GetValue(wait), loggers);
            PendingWork pending = await run.RunAsync(BackgroundMount.SayReady, cancellationToken).ConfigureAwait(false);
            return pending.IsNone
                ? ExitCode.Success
                : throw new CommandException(ExitCode.Pending, PendingReport.Line(configuration.Settings.MountPoint, pending));
        });
        return command;
    }

    /// <summary>Null when it is not given, infinite when it is given without a number.</summary>
    private static Option<TimeSpan?> WaitOption() => new("--wait")
    {
        Description = "Wait for a bucket that cannot be reached now: so many seconds, or without end",
        HelpName = "SECONDS",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            if (result.Tokens.Count == 0)
                return Timeout.InfiniteTimeSpan;
            if (uint.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out uint seconds))
                return TimeSpan.FromSeconds(seconds);
            result.AddError($"--wait takes a whole number of seconds, or nothing; found '{result.Tokens[0].Value}'. Write MOUNTPOINT before it.");
            return null;
        },
    };
}
