using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using OrthancCloudFs.Envelope.Keys;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Keys;

[SupportedOSPlatform("windows")]
public sealed class WindowsKeyFileTests : IDisposable
{
    private const string Reason = "Linux has modes; MasterKeyFileTests are about them";

    private readonly string _folder = Directory.CreateTempSubdirectory("keys").FullName;

    private string KeyPath => Path.Combine(_folder, "master.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_created_file_is_for_its_account_and_the_administration_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), Reason);
        MasterKeyFile.Create(KeyPath);
        Assert.All(Rules(), rule => Assert.True(rule.IdentityReference.Value is "S-1-5-18" or "S-1-5-32-544" || rule.IdentityReference.Value == Account()));
        Assert.Equal(Account(), new FileInfo(KeyPath).GetAccessControl().GetOwner(typeof(SecurityIdentifier))!.Value);
        MasterKeyFile.Load(1, KeyPath).Key.Dispose();
    }

    [Fact]
    public void A_file_that_others_may_read_is_refused_until_they_may_not()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), Reason);
        MasterKeyFile.Create(KeyPath);
        Allow(new SecurityIdentifier(WellKnownSidType.WorldSid, null), FileSystemRights.Read);

        var error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Load(1, KeyPath));

        Assert.StartsWith($"{KeyPath}: the key file is open to ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"; restrict it with 'icacls \"{KeyPath}\" /inheritance:r /remove:g *S-1-1-0 /grant:r *S-1-5-18:F", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Forbid(new SecurityIdentifier(WellKnownSidType.WorldSid, null));
        MasterKeyFile.Load(1, KeyPath).Key.Dispose();
    }

    private static string Account()
    {
        using WindowsIdentity account = WindowsIdentity.GetCurrent();
        return account.User!.Value;
    }

    private IEnumerable<FileSystemAccessRule> Rules() => new FileInfo(KeyPath).GetAccessControl()
        .GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)).Cast<FileSystemAccessRule>();

    private void Allow(SecurityIdentifier who, FileSystemRights rights)
    {
        var file = new FileInfo(KeyPath);
        FileSecurity security = file.GetAccessControl();
        security.AddAccessRule(new FileSystemAccessRule(who, rights, AccessControlType.Allow));
        file.SetAccessControl(security);
    }

    private void Forbid(SecurityIdentifier who)
    {
        var file = new FileInfo(KeyPath);
        FileSecurity security = file.GetAccessControl();
        security.PurgeAccessRules(who);
        file.SetAccessControl(security);
    }
}
