using OrthancCloudFs.Configuration;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.Program.Native;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>Who owns what the mount shows, and who may enter.</summary>
internal sealed record MountOwner(uint UserId, uint GroupId, bool AllowOther)
{
    /// <summary>As configured; by default like the mount point directory, and open to others only if its owner is another user.</summary>
    public static MountOwner Resolve(MountSettings settings, UnderlayFileSystem underlay)
    {
        uint user = Resolve(settings.Owner, "Owner", Libc.FindUser) ?? underlay.OwnerUserId;
        uint group = Resolve(settings.Group, "Group", Libc.FindGroup) ?? underlay.OwnerGroupId;
        return new MountOwner(user, group, settings.AllowOther ?? user != Libc.EffectiveUserId());
    }

    private static uint? Resolve(AccountReference? account, string key, Func<string, uint?> find) => account switch
    {
        null => null,
        { Id: { } id } => id,
        { Name: { } name } => find(name)
            ?? throw new ConfigurationException($"\"{key}\" in \"OrthancCloudFs\": this machine has no '{name}'; use a name or a number that it knows"),
        _ => null,
    };
}
