using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>Key files on Windows: who may read one is in its access control list.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsKeyFile
{
    /// <summary>A new file for System, the Administrators and the account that runs the program, whatever its folder passes on.</summary>
    /// <exception cref="IOException">It exists already, or cannot be made.</exception>
    public static FileStream Create(string path)
    {
        using WindowsIdentity account = WindowsIdentity.GetCurrent();
        var security = new FileSecurity();
        security.SetOwner(account.User!); // not the Administrators, as by default for who is one: the service would take this account for a stranger then
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (string sid in Trusted())
            security.AddAccessRule(new FileSystemAccessRule(new SecurityIdentifier(sid), FileSystemRights.FullControl, AccessControlType.Allow));
        return new FileInfo(path).Create(
            FileMode.CreateNew, FileSystemRights.Write, FileShare.None, bufferSize: 1, FileOptions.WriteThrough, security);
    }

    /// <summary>Refuses a file that others than its owner, System, the Administrators and this account may read or write.</summary>
    /// <exception cref="MasterKeyException">They are named, with the command that helps.</exception>
    public static void RequirePrivate(FileStream file, string path)
    {
        FileSecurity security = file.GetAccessControl();
        string owner = security.GetOwner(typeof(SecurityIdentifier))?.Value ?? "";
        IEnumerable<AccessEntry> entries = security
            .GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier))
            .Cast<FileSystemAccessRule>()
            .Select(rule => new AccessEntry(
                rule.IdentityReference.Value, (uint)rule.FileSystemRights, rule.AccessControlType == AccessControlType.Allow));
        IReadOnlyList<string> strangers = KeyFileAccess.FindStrangers(entries, [owner, .. Trusted()]);
        if (strangers.Count > 0)
        {
            throw new MasterKeyException(
                $"{path}: the key file is open to {string.Join(", ", strangers.Select(NameOf))}; restrict it with 'icacls \"{path}\" /inheritance:r "
                + $"/remove:g {string.Join(' ', strangers.Select(sid => $"*{sid}"))} /grant:r {string.Join(' ', Trusted().Select(sid => $"*{sid}:F"))}'");
        }
    }

    private static IReadOnlyList<string> Trusted()
    {
        using WindowsIdentity account = WindowsIdentity.GetCurrent();
        string[] all = [KeyFileAccess.System, KeyFileAccess.Administrators, account.User!.Value];
        return [.. all.Distinct(StringComparer.Ordinal)];
    }

    private static string NameOf(string sid)
    {
        try
        {
            return new SecurityIdentifier(sid).Translate(typeof(NTAccount)).Value;
        }
        catch (SystemException)
        {
            return sid; // of an account that is gone, or of a domain that does not answer
        }
    }
}
