using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace OrthancCloudFs.Program.Native;

/// <summary>Folders of the program that others have no business in.</summary>
internal static class PrivateFolder
{
    /// <summary>Makes one, if there is none, for this user alone; on Windows also for the system and the administrators. What exists stays as it is.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            CreateWithSecurity(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [SupportedOSPlatform("windows")]
    private static void CreateWithSecurity(string path)
    {
        if (Directory.Exists(path))
            return;
        if (Path.GetDirectoryName(path) is { } parent)
            Directory.CreateDirectory(parent);
        using var user = WindowsIdentity.GetCurrent();
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (SecurityIdentifier account in (SecurityIdentifier[])
        [
            user.User!, new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null),
        ])
        {
            security.AddAccessRule(new FileSystemAccessRule(
                account,
                FileSystemRights.FullControl,
                InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit,
                PropagationFlags.None,
                AccessControlType.Allow));
        }

        security.CreateDirectory(path);
    }
}
