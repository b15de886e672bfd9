using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32;

namespace OrthancCloudFs.Program.Service;

/// <summary>The calls of Windows' service control manager that make, change and remove a service; it needs an administrator (winsvc.h).</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class ServiceControlManager : IDisposable
{
    private const uint ManagerConnect = 0x0001; // SC_MANAGER_CONNECT
    private const uint ManagerCreate = 0x0002; // SC_MANAGER_CREATE_SERVICE
    private const uint ChangeConfig = 0x0002; // SERVICE_CHANGE_CONFIG
    private const uint StartRight = 0x0010; // SERVICE_START, which a failure action that restarts needs
    private const uint DeleteRight = 0x10000; // DELETE
    private const uint OwnProcess = 0x10; // SERVICE_WIN32_OWN_PROCESS
    private const uint AutoStart = 2; // SERVICE_AUTO_START
    private const uint ErrorNormal = 1; // SERVICE_ERROR_NORMAL
    private const uint NoChange = 0xFFFF_FFFF; // SERVICE_NO_CHANGE
    private const uint DescriptionInfo = 1; // SERVICE_CONFIG_DESCRIPTION
    private const uint FailureActionsInfo = 2; // SERVICE_CONFIG_FAILURE_ACTIONS
    private const uint FailureActionsFlag = 4; // SERVICE_CONFIG_FAILURE_ACTIONS_FLAG: also when it stops by itself with an exit code
    private const int RestartAction = 1; // SC_ACTION_RESTART
    private const int DoesNotExist = 1060; // ERROR_SERVICE_DOES_NOT_EXIST

    /// <summary>Milliseconds, after the first, second and each further failure within a day.</summary>
    private static readonly uint[] RestartDelays = [5_000, 60_000, 300_000];

    private readonly nint _manager;

    /// <exception cref="Win32Exception">Access is denied, mostly.</exception>
    public ServiceControlManager() => _manager = Require(OpenManager(null, null, ManagerConnect | ManagerCreate), "open the service control manager");

    /// <summary>Makes a service that starts with Windows, is started again when it fails, and runs as the system.</summary>
    /// <param name="name">Of the service.</param>
    /// <param name="displayName">As people see it.</param>
    /// <param name="description">A sentence.</param>
    /// <param name="commandLine">What it runs, each argument quoted as it needs.</param>
    public void Create(string name, string displayName, string description, string commandLine)
    {
        nint service = Require(
            CreateService(
                _manager, name, displayName, ChangeConfig | StartRight, OwnProcess, AutoStart, ErrorNormal, commandLine, null, null, null, null, null),
            $"make the service {name}");
        try
        {
            fixed (char* text = description)
            {
                char* value = text;
                _ = ChangeConfig2(service, DescriptionInfo, &value); // a service without one works as well
            }

            FailureAction* restarts = stackalloc FailureAction[RestartDelays.Length];
            for (int i = 0; i < RestartDelays.Length; i++)
                restarts[i] = new FailureAction { Type = RestartAction, DelayMilliseconds = RestartDelays[i] };
            var actions = new FailureActions { ResetSeconds = 86400, Count = (uint)RestartDelays.Length, Actions = restarts };
            _ = ChangeConfig2(service, FailureActionsInfo, &actions);
            int alsoWithoutCrash = 1;
            _ = ChangeConfig2(service, FailureActionsFlag, &alsoWithoutCrash);
        }
        finally
        {
            _ = CloseHandle(service);
        }
    }

    /// <summary>Removes a service, when it has ended; false when there is none.</summary>
    public bool Delete(string name)
    {
        nint service = TryOpen(name, DeleteRight);
        if (service == 0)
            return false;
        try
        {
            if (!DeleteService(service))
                throw Failure($"remove the service {name}");
            return true;
        }
        finally
        {
            _ = CloseHandle(service);
        }
    }

    /// <summary>
    /// What must run before a service, groups with a plus sign before their name; null when there is no such service. As the manager keeps it in
    /// the registry.
    /// </summary>
    public static IReadOnlyList<string>? FindDependencies(string name)
    {
        using RegistryKey? key = Registry.LocalMachine.OpenSubKey($@"SYSTEM\CurrentControlSet\Services\{name}");
        return key is null
            ? null
            : [.. key.GetValue("DependOnService") as string[] ?? [], .. (key.GetValue("DependOnGroup") as string[] ?? []).Select(group => "+" + group)];
    }

    /// <summary>Says which services must run before a service.</summary>
    public void SetDependencies(string name, IReadOnlyList<string> dependencies)
    {
        nint service = TryOpen(name, ChangeConfig);
        if (service == 0)
            throw Failure($"open the service {name}");
        try
        {
            // Each ends with a NUL, and all of them with one more; without any, the empty string takes away what was there.
            string list = string.Concat(dependencies.Select(dependency => dependency + "\0")) + "\0";
            fixed (char* text = list)
            {
                if (!ChangeServiceConfig(service, NoChange, NoChange, NoChange, null, null, null, text, null, null, null))
                    throw Failure($"change what the service {name} depends on");
            }
        }
        finally
        {
            _ = CloseHandle(service);
        }
    }

    public void Dispose() => _ = CloseHandle(_manager);

    /// <summary>Zero when there is no such service.</summary>
    private nint TryOpen(string name, uint access)
    {
        nint service = OpenService(_manager, name, access);
        return service != 0 || Marshal.GetLastPInvokeError() == DoesNotExist ? service : throw Failure($"open the service {name}");
    }

    private static nint Require(nint handle, string what) => handle != 0 ? handle : throw Failure(what);

    private static Win32Exception Failure(string what)
    {
        int error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"cannot {what}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("advapi32", EntryPoint = "OpenSCManagerW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint OpenManager(string? machine, string? database, uint access);

    [LibraryImport("advapi32", EntryPoint = "CreateServiceW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint CreateService(
        nint manager, string name, string displayName, uint access, uint type, uint startType, uint errorControl, string commandLine, string? group, uint* tag,
        char* dependencies, string? account, string? password);

    [LibraryImport("advapi32", EntryPoint = "OpenServiceW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint OpenService(nint manager, string name, uint access);

    [LibraryImport("advapi32", EntryPoint = "ChangeServiceConfigW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ChangeServiceConfig(
        nint service, uint type, uint startType, uint errorControl, string? commandLine, string? group, uint* tag, char* dependencies, string? account,
        string? password, string? displayName);

    [LibraryImport("advapi32", EntryPoint = "ChangeServiceConfig2W", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ChangeConfig2(nint service, uint level, void* information);

    [LibraryImport("advapi32", EntryPoint = "DeleteService", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeleteService(nint service);

    [LibraryImport("advapi32", EntryPoint = "CloseServiceHandle")]
    private static partial int CloseHandle(nint handle);

    /// <summary>SERVICE_FAILURE_ACTIONSW.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FailureActions
    {
        public uint ResetSeconds;
        public char* RebootMessage;
        public char* Command;
        public uint Count;
        public FailureAction* Actions;
    }

    /// <summary>SC_ACTION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FailureAction
    {
        public int Type;
        public uint DelayMilliseconds;
    }
}
