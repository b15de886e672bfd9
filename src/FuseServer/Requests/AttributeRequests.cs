using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_GETATTR.</summary>
public readonly struct GetAttributesRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal GetAttributesRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>The open file through which fstat(2) asked, if any.</summary>
    public ulong? Handle => _reference.Request.Body<GetAttrIn>() is { Flags: var flags } body && (flags & GetAttrIn.HandleValid) != 0
        ? body.Handle
        : null;

    /// <param name="attributes">What stat(2) will show.</param>
    /// <param name="valid">How long the kernel may use it without asking again.</param>
    public void Reply(in FuseAttributes attributes, TimeSpan valid) => _reference.Reply(new AttrOut(attributes, valid));
}

/// <summary>FUSE_SETATTR: chmod, chown, truncate, utimensat. Only the fields named by <see cref="Fields"/> count.</summary>
public readonly struct SetAttributesRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal SetAttributesRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    public SetAttributesFields Fields => (SetAttributesFields)Body.Valid;

    /// <summary>The open file through which it was asked, if any.</summary>
    public ulong? Handle => (Fields & SetAttributesFields.Handle) != SetAttributesFields.None ? Body.Handle : null;

    /// <summary>The new length in bytes.</summary>
    public ulong Size => Body.Size;

    public uint Mode => Body.Mode;

    public uint OwnerUserId => Body.UserId;

    public uint OwnerGroupId => Body.GroupId;

    /// <summary>Seconds since 1970, as all times here; the fraction is in the property named Nanoseconds.</summary>
    public ulong AccessTime => Body.AccessTime;

    public uint AccessTimeNanoseconds => Body.AccessTimeNanoseconds;

    public ulong ModificationTime => Body.ModificationTime;

    public uint ModificationTimeNanoseconds => Body.ModificationTimeNanoseconds;

    public ulong ChangeTime => Body.ChangeTime;

    public uint ChangeTimeNanoseconds => Body.ChangeTimeNanoseconds;

    private SetAttrIn Body => _reference.Request.Body<SetAttrIn>();

    /// <param name="attributes">What stat(2) will show from now on.</param>
    /// <param name="valid">How long the kernel may use it without asking again.</param>
    public void Reply(in FuseAttributes attributes, TimeSpan valid) => _reference.Reply(new AttrOut(attributes, valid));
}
