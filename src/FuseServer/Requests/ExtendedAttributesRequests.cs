using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>GETXATTR.</summary>
public readonly struct GetExtendedAttributeRequest
{
    private readonly FuseRequest _request;

    internal GetExtendedAttributeRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The node.</summary>
    public ulong NodeId => _request.Header.NodeId;

    /// <summary>User of the calling process.</summary>
    public uint UserId => _request.Header.UserId;

    /// <summary>Group of the calling process.</summary>
    public uint GroupId => _request.Header.GroupId;

    /// <summary>The calling thread; 0 when it lives outside the server's PID namespace.</summary>
    public uint ProcessId => _request.Header.ProcessId;

    /// <summary>Cancelled when the caller is interrupted and when the deadline has passed.</summary>
    public CancellationToken CancellationToken => _request.Channel.TokenOf(_request, Unique);

    /// <summary>True when the caller was interrupted: the answer is then EINTR, whatever became of the work.</summary>
    public bool IsInterrupted => _request.Channel.IsInterrupted(_request, Unique);

    /// <summary>Room at the caller's, in bytes; 0 asks for the size.</summary>
    public int Size => (int)_request.Argument<GetXAttrIn>().Size;

    /// <summary>The attribute.</summary>
    public unsafe ReadOnlySpan<byte> Name => _request.Text(sizeof(GetXAttrIn));

    /// <summary>Answers with bytes.</summary>
    public void Reply(ReadOnlySpan<byte> data) => _request.Channel.Reply(_request, Unique, data);

    /// <summary>Answers with the size only, for a caller who sent no room.</summary>
    public void ReplySize(int size) => _request.Channel.Reply(_request, Unique, new SizeOut { Size = (uint)size });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>SETXATTR.</summary>
public readonly struct SetExtendedAttributeRequest
{
    private readonly FuseRequest _request;

    internal SetExtendedAttributeRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The node.</summary>
    public ulong NodeId => _request.Header.NodeId;

    /// <summary>User of the calling process.</summary>
    public uint UserId => _request.Header.UserId;

    /// <summary>Group of the calling process.</summary>
    public uint GroupId => _request.Header.GroupId;

    /// <summary>The calling thread; 0 when it lives outside the server's PID namespace.</summary>
    public uint ProcessId => _request.Header.ProcessId;

    /// <summary>Cancelled when the caller is interrupted and when the deadline has passed.</summary>
    public CancellationToken CancellationToken => _request.Channel.TokenOf(_request, Unique);

    /// <summary>True when the caller was interrupted: the answer is then EINTR, whatever became of the work.</summary>
    public bool IsInterrupted => _request.Channel.IsInterrupted(_request, Unique);

    /// <summary>XATTR_CREATE, XATTR_REPLACE.</summary>
    public uint Flags => _request.Argument<SetXAttrIn>().Flags;

    /// <summary>The attribute.</summary>
    public unsafe ReadOnlySpan<byte> Name => _request.Text(sizeof(SetXAttrIn));

    /// <summary>Its value.</summary>
    public unsafe ReadOnlySpan<byte> Value => _request.Rest(sizeof(SetXAttrIn) + Name.Length + 1, (int)_request.Argument<SetXAttrIn>().Size);

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>LISTXATTR.</summary>
public readonly struct ListExtendedAttributesRequest
{
    private readonly FuseRequest _request;

    internal ListExtendedAttributesRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The node.</summary>
    public ulong NodeId => _request.Header.NodeId;

    /// <summary>User of the calling process.</summary>
    public uint UserId => _request.Header.UserId;

    /// <summary>Group of the calling process.</summary>
    public uint GroupId => _request.Header.GroupId;

    /// <summary>The calling thread; 0 when it lives outside the server's PID namespace.</summary>
    public uint ProcessId => _request.Header.ProcessId;

    /// <summary>Cancelled when the caller is interrupted and when the deadline has passed.</summary>
    public CancellationToken CancellationToken => _request.Channel.TokenOf(_request, Unique);

    /// <summary>True when the caller was interrupted: the answer is then EINTR, whatever became of the work.</summary>
    public bool IsInterrupted => _request.Channel.IsInterrupted(_request, Unique);

    /// <summary>Room at the caller's, in bytes; 0 asks for the size.</summary>
    public int Size => (int)_request.Argument<GetXAttrIn>().Size;

    /// <summary>Answers with bytes.</summary>
    public void Reply(ReadOnlySpan<byte> data) => _request.Channel.Reply(_request, Unique, data);

    /// <summary>Answers with the size only, for a caller who sent no room.</summary>
    public void ReplySize(int size) => _request.Channel.Reply(_request, Unique, new SizeOut { Size = (uint)size });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>REMOVEXATTR.</summary>
public readonly struct RemoveExtendedAttributeRequest
{
    private readonly FuseRequest _request;

    internal RemoveExtendedAttributeRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The node.</summary>
    public ulong NodeId => _request.Header.NodeId;

    /// <summary>User of the calling process.</summary>
    public uint UserId => _request.Header.UserId;

    /// <summary>Group of the calling process.</summary>
    public uint GroupId => _request.Header.GroupId;

    /// <summary>The calling thread; 0 when it lives outside the server's PID namespace.</summary>
    public uint ProcessId => _request.Header.ProcessId;

    /// <summary>Cancelled when the caller is interrupted and when the deadline has passed.</summary>
    public CancellationToken CancellationToken => _request.Channel.TokenOf(_request, Unique);

    /// <summary>True when the caller was interrupted: the answer is then EINTR, whatever became of the work.</summary>
    public bool IsInterrupted => _request.Channel.IsInterrupted(_request, Unique);

    /// <summary>The attribute.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(0);

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}
