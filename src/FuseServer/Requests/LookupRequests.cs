using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_LOOKUP: which node has this name? A positive answer adds one to the node's look-up count.</summary>
public readonly struct LookupRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal LookupRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name(0);

    /// <returns>False when the kernel did not take the answer: no FORGET will come for it.</returns>
    public bool Reply(in FuseEntry entry) => _reference.Reply(new EntryOut(entry));

    /// <summary>There is no such name, and the kernel may remember that.</summary>
    public void ReplyNegative(TimeSpan valid) => _reference.Reply(new EntryOut(new FuseEntry { EntryValid = valid }));
}

/// <summary>FUSE_ACCESS: access(2); not sent when the kernel checks permissions itself (default_permissions).</summary>
public readonly struct AccessRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal AccessRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>R_OK, W_OK, X_OK.</summary>
    public uint Mask => _reference.Request.Body<AccessIn>().Mask;

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_STATFS.</summary>
public readonly struct StatFileSystemRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal StatFileSystemRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    public void Reply(in FuseFileSystemStatistics statistics) => _reference.Reply(in statistics);
}
