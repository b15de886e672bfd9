using FuseServer;
namespace OrthancCloudFs.FuseAdapter.Underlay;
public readonly record struct UnderlayDirectoryEntry(ReadOnlyMemory<byte> Name, ulong Inode, uint TypeMode);
public delegate bool HiddenName(ReadOnlySpan<byte> name);
public sealed class UnderlayFileSystem : FuseFileSystem, IDisposable
{
    public const ulong RootNodeId = 1UL << 63;
    public static UnderlayFileSystem Open(string directory, HiddenName isHidden) => new();
    public uint OwnerUserId => 0;
    public uint OwnerGroupId => 0;
    public IReadOnlyList<UnderlayDirectoryEntry> ReadRootEntries() => [];
    public void Dispose() { }
    public void Lookup(LookupRequest r, ulong p) => r.Fail(Errno.ENOENT);
    public void Create(CreateRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void Unlink(UnlinkRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void MakeDirectory(MakeDirectoryRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void RemoveDirectory(RemoveDirectoryRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void Rename(RenameRequest r, ulong p, ulong q) => r.Fail(Errno.EPERM);
    public void Link(LinkRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void SymbolicLink(SymbolicLinkRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void MakeNode(MakeNodeRequest r, ulong p) => r.Fail(Errno.EPERM);
    public void SynchronizeRoot(SynchronizeDirectoryRequest r) => r.Reply();
}
