using System.CommandLine;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Program.Service;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>service install|uninstall</c>.</summary>
internal static class ServiceCommand
{
    private const string DefaultName = "OrthancCloudFs";
    private const string DefaultOrthanc = "Orthanc";
    private const string RunName = "run";

    public static Command Create() => new("service", "Windows: makes the mount a service that is there before Orthanc's, or removes it.")
    {
        CreateInstall(), CreateUninstall(), CreateRun(),
    };

    private static Command CreateInstall()
    {
        Option<string> config = CommandRunner.ConfigOption(), name = NameOption(), orthanc = OrthancOption();
        var command = new Command("install", """
            Makes the mount a service of Windows, as an administrator.

            It starts with Windows, waits for a bucket that cannot be reached, and says that it runs when the bucket is mounted; Orthanc's service
            depends on it from then on. It logs to "LogFile", by default orthanc-cloudfs.log in the state directory, and warnings to the event log.
            """)
        {
            config, name, orthanc,
        };
        command.SetBody((parsed, _) =>
        {
            if (!OperatingSystem.IsWindows())
                throw NotWindows();
            string path = Path.GetFullPath(parsed.GetValue(config)!);
            OrthancConfigurationReader.Read(path); // what is wrong in it is said now, and not by a service that does not start
            string service = parsed.GetValue(name)!;
            foreach (string line in new ServiceInstallation(service, parsed.GetValue(orthanc)!).Install(["service", RunName, "--name", service, "--config", path]))
                Console.WriteLine(line);
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static Command CreateUninstall()
    {
        Option<string> name = NameOption(), orthanc = OrthancOption();
        var command = new Command("uninstall", "Stops the service, with Orthanc's if that runs, and removes it. Nothing else is touched.") { name, orthanc };
        command.SetBody((parsed, _) =>
        {
            if (!OperatingSystem.IsWindows())
                throw NotWindows();
            foreach (string line in new ServiceInstallation(parsed.GetValue(name)!, parsed.GetValue(orthanc)!).Uninstall())
                Console.WriteLine(line);
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    /// <summary>What the service control manager starts.</summary>
    private static Command CreateRun()
    {
        Option<string> config = CommandRunner.ConfigOption(), name = NameOption();
        var command = new Command(RunName) { config, name };
        command.Hidden = true;
        command.SetBody((parsed, cancellationToken) =>
        {
            if (!OperatingSystem.IsWindows())
                throw NotWindows();
            return MountHost.RunAsync(parsed.GetValue(name)!, parsed.GetValue(config)!, Timeout.InfiniteTimeSpan, cancellationToken);
        });
        return command;
    }

    private static Option<string> NameOption() => new("--name")
    {
        Description = "The name of this service",
        DefaultValueFactory = _ => DefaultName,
        HelpName = "NAME",
    };

    private static Option<string> OrthancOption() => new("--orthanc-service")
    {
        Description = "The name of Orthanc's service, which depends on this one",
        DefaultValueFactory = _ => DefaultOrthanc,
        HelpName = "NAME",
    };

    private static CommandException NotWindows() => new(
        ExitCode.Usage, "services of this kind are Windows'; on Linux mount-scripts/install makes one of systemd, see docs/deployment.md");
}
