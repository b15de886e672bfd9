using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_GETXATTR.</summary>
public readonly struct GetExtendedAttributeRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal GetExtendedAttributeRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name<GetXattrIn>();

    /// <summary>Room of the caller; 0 asks for the length only, less than the length is ERANGE.</summary>
    public int Size => (int)_reference.Request.Body<GetXattrIn>().Size;

    public void Reply(ReadOnlySpan<byte> value) => _reference.Reply(value);

    /// <summary>The answer when <see cref="Size"/> is 0.</summary>
    public void ReplySize(int size) => _reference.Reply(new GetXattrOut { Size = (uint)size });
}

/// <summary>FUSE_SETXATTR.</summary>
public readonly struct SetExtendedAttributeRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal SetExtendedAttributeRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name<SetXattrIn>();

    /// <summary>Valid until the answer.</summary>
    public unsafe ReadOnlySpan<byte> Value => _reference.Request.AfterName(sizeof(SetXattrIn));

    /// <summary>XATTR_CREATE (1) or XATTR_REPLACE (2) of setxattr(2), or 0.</summary>
    public int Flags => _reference.Request.Body<SetXattrIn>().Flags;

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_LISTXATTR: names, each ended by a NUL.</summary>
public readonly struct ListExtendedAttributesRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal ListExtendedAttributesRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>Room of the caller; 0 asks for the length only, less than the length is ERANGE.</summary>
    public int Size => (int)_reference.Request.Body<GetXattrIn>().Size;

    public void Reply(ReadOnlySpan<byte> names) => _reference.Reply(names);

    /// <summary>The answer when <see cref="Size"/> is 0.</summary>
    public void ReplySize(int size) => _reference.Reply(new GetXattrOut { Size = (uint)size });
}

/// <summary>FUSE_REMOVEXATTR.</summary>
public readonly struct RemoveExtendedAttributeRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal RemoveExtendedAttributeRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name(0);

    public void Reply() => _reference.Reply();
}
