using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_READLINK.</summary>
public readonly struct ReadLinkRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal ReadLinkRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <param name="target">The link's target without a NUL.</param>
    public void Reply(ReadOnlySpan<byte> target) => _reference.Reply(target);
}

/// <summary>FUSE_SYMLINK.</summary>
public readonly struct SymbolicLinkRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal SymbolicLinkRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name(0);

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Target => _reference.Request.SecondName(0);

    public void Reply(in FuseEntry entry) => _reference.Reply(new EntryOut(entry));
}

/// <summary>FUSE_MKNOD.</summary>
public readonly struct MakeNodeRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal MakeNodeRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name<MkNodIn>();

    /// <summary>File type and permissions; the kernel has applied the umask.</summary>
    public uint Mode => _reference.Request.Body<MkNodIn>().Mode;

    public uint DeviceId => _reference.Request.Body<MkNodIn>().DeviceId;

    public uint Umask => _reference.Request.Body<MkNodIn>().Umask;

    public void Reply(in FuseEntry entry) => _reference.Reply(new EntryOut(entry));
}

/// <summary>FUSE_MKDIR.</summary>
public readonly struct MakeDirectoryRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal MakeDirectoryRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name<MkDirIn>();

    /// <summary>Permissions; the kernel has applied the umask.</summary>
    public uint Mode => _reference.Request.Body<MkDirIn>().Mode;

    public uint Umask => _reference.Request.Body<MkDirIn>().Umask;

    public void Reply(in FuseEntry entry) => _reference.Reply(new EntryOut(entry));
}

/// <summary>FUSE_UNLINK.</summary>
public readonly struct UnlinkRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal UnlinkRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name(0);

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_RMDIR.</summary>
public readonly struct RemoveDirectoryRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal RemoveDirectoryRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name(0);

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_RENAME and FUSE_RENAME2.</summary>
public readonly struct RenameRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal RenameRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>The old name: UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name(BodySize);

    /// <summary>The directory that receives the name.</summary>
    public ulong NewParent => _reference.Request.Body<RenameIn>().NewParent;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> NewName => _reference.Request.SecondName(BodySize);

    /// <summary>RENAME_NOREPLACE (1), RENAME_EXCHANGE (2), RENAME_WHITEOUT (4) of renameat2(2).</summary>
    public uint Flags => IsRename2 ? _reference.Request.Body<Rename2In>().Flags : 0;

    private bool IsRename2 => _reference.Request.Opcode == Opcode.Rename2;

    private unsafe int BodySize => IsRename2 ? sizeof(Rename2In) : sizeof(RenameIn);

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_LINK: a further name, in the directory NodeId, for an existing node.</summary>
public readonly struct LinkRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal LinkRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>The node that receives the name.</summary>
    public ulong ExistingNodeId => _reference.Request.Body<LinkIn>().OldNodeId;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name<LinkIn>();

    public void Reply(in FuseEntry entry) => _reference.Reply(new EntryOut(entry));
}
