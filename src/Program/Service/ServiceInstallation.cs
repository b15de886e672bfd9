using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security;
using System.ServiceProcess;
using OrthancCloudFs.Program.Native;

namespace OrthancCloudFs.Program.Service;

/// <summary>The mount as a service of Windows that is there before Orthanc's: how it gets on a machine, and off it.</summary>
/// <param name="name">Of our service.</param>
/// <param name="orthanc">The name of Orthanc's.</param>
[SupportedOSPlatform("windows")]
internal sealed class ServiceInstallation(string name, string orthanc)
{
    private const string EventLogName = "Application";
    private const int AccessDenied = 5; // ERROR_ACCESS_DENIED

    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Makes the service and lets Orthanc's depend on it.</summary>
    /// <param name="arguments">Of this program, after its own path.</param>
    /// <returns>What was done, a line each.</returns>
    /// <exception cref="CommandException">It cannot be done; nothing stays of it.</exception>
    public IReadOnlyList<string> Install(IEnumerable<string> arguments)
    {
        string commandLine = string.Join(' ', ThisProgram.Invocation.Concat(arguments).Select(Quote));
        return Translate(() =>
        {
            using var manager = new ServiceControlManager();
            manager.Create(name, displayName: name, "Presents a cloud bucket as Orthanc's storage directory.", commandLine);
            List<string> done = [$"The service {name} starts with Windows, and runs: {commandLine}"];
            try
            {
                if (!EventLog.SourceExists(name))
                    EventLog.CreateEventSource(name, EventLogName);
                done.Add(AddDependency(manager));
            }
            catch
            {
                Remove(manager);
                throw;
            }

            return done;
        });
    }

    /// <summary>Stops and removes the service; Orthanc's does not depend on it any more.</summary>
    /// <inheritdoc cref="Install"/>
    public IReadOnlyList<string> Uninstall() => Translate(() =>
    {
        using var manager = new ServiceControlManager();
        if (ServiceControlManager.FindDependencies(name) is null)
            throw new CommandException(ExitCode.NotFound, $"there is no service {name}: see 'sc query', and name it with --name");
        Stop();
        List<string> done = [$"The service {name} is removed; bucket, keys, configuration and state directory are as they were"];
        if (Remove(manager))
            done.Add($"The service {orthanc} does not depend on it any more: give it another \"StorageDirectory\" before it starts");
        return done;
    });

    /// <returns>True when Orthanc's service depended on it.</returns>
    private bool Remove(ServiceControlManager manager)
    {
        IReadOnlyList<string> dependencies = ServiceControlManager.FindDependencies(orthanc) ?? [];
        string[] others = [.. dependencies.Where(other => !other.Equals(name, StringComparison.OrdinalIgnoreCase))];
        if (others.Length < dependencies.Count)
            manager.SetDependencies(orthanc, others);
        manager.Delete(name);
        if (EventLog.SourceExists(name))
            EventLog.DeleteEventSource(name);
        return others.Length < dependencies.Count;
    }

    private string AddDependency(ServiceControlManager manager)
    {
        if (ServiceControlManager.FindDependencies(orthanc) is not { } dependencies)
            return $"There is no service {orthanc} yet: when Orthanc is installed, run 'sc config ITS-NAME depend= {name}', so that it never starts without the mount";
        if (!dependencies.Contains(name, StringComparer.OrdinalIgnoreCase))
            manager.SetDependencies(orthanc, [.. dependencies, name]);
        return $"The service {orthanc} depends on it: Windows starts it when the bucket is mounted, and stops it before";
    }

    private void Stop()
    {
        using var service = new ServiceController(name);
        if (service.Status == ServiceControllerStatus.Stopped)
            return;
        if (service.CanStop)
            service.Stop(); // what depends on it first
        try
        {
            service.WaitForStatus(ServiceControllerStatus.Stopped, StopTimeout);
        }
        catch (System.ServiceProcess.TimeoutException e)
        {
            service.Refresh();
            throw new CommandException(
                ExitCode.Mount,
                service.Status == ServiceControllerStatus.StartPending
                    ? $"the service {name} is still starting, which its bucket may keep it from, and cannot be stopped before: nothing is mounted yet, so end it with 'taskkill /F /FI \"SERVICES eq {name}\"', and run this again"
                    : $"the service {name} has not stopped in {StopTimeout.TotalSeconds:0} s, it may wait for files that are open: stop Orthanc, and run this again",
                e);
        }
    }

    /// <summary>
    /// As CommandLineToArgvW takes a command line apart: a backslash before a quotation mark, such as that behind a folder, counts for the mark
    /// unless there are two of them. A quotation mark cannot be in a path.
    /// </summary>
    private static string Quote(string argument) => argument.Contains(' ', StringComparison.Ordinal)
        ? $"\"{argument}{new string('\\', argument.Length - argument.TrimEnd('\\').Length)}\""
        : argument;

    private static T Translate<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Win32Exception e)
        {
            throw new CommandException(ExitCode.Failure, e.NativeErrorCode == AccessDenied ? $"{e.Message}; run this as an administrator" : e.Message, e);
        }
        catch (Exception e) when (e is SecurityException or InvalidOperationException)
        {
            throw new CommandException(ExitCode.Failure, e.InnerException is { } inner ? $"{e.Message}: {inner.Message}" : e.Message, e);
        }
    }
}
