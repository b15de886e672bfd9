using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>GETATTR: stat.</summary>
public readonly struct GetAttributesRequest
{
    private readonly FuseRequest _request;

    internal GetAttributesRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>The open file through which it is asked; null without one.</summary>
    public ulong? Handle => _request.Argument<GetAttrIn>() is { Flags: HasHandle } given ? given.Handle : null;

    private const uint HasHandle = 1; // FUSE_GETATTR_FH

    /// <summary>Answers with what stat shows, and how long that is valid.</summary>
    public void Reply(in FuseAttributes attributes, TimeSpan valid) => _request.Channel.Reply(_request, Unique, new AttrOut
    {
        ValidSeconds = (ulong)valid.TotalSeconds,
        ValidNanoseconds = FuseEntry.NanosecondsOf(valid),
        Attributes = attributes,
    });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>SETATTR: chmod, chown, truncate, utimens.</summary>
public readonly struct SetAttributesRequest
{
    private readonly FuseRequest _request;

    internal SetAttributesRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Which of the other properties are to be set.</summary>
    public SetAttributesFields Fields => (SetAttributesFields)_request.Argument<SetAttrIn>().Valid;

    /// <summary>The open file through which it is asked; null without one.</summary>
    public ulong? Handle => Fields.HasFlag(SetAttributesFields.Handle) ? _request.Argument<SetAttrIn>().Handle : null;

    /// <summary>In bytes.</summary>
    public ulong Size => _request.Argument<SetAttrIn>().Size;

    /// <summary>Permission bits.</summary>
    public uint Mode => _request.Argument<SetAttrIn>().Mode;

    /// <summary>New owner.</summary>
    public uint OwnerUserId => _request.Argument<SetAttrIn>().UserId;

    /// <summary>New group.</summary>
    public uint OwnerGroupId => _request.Argument<SetAttrIn>().GroupId;

    /// <summary>Seconds since 1970.</summary>
    public ulong AccessTime => _request.Argument<SetAttrIn>().AccessTime;

    /// <summary>The rest of it.</summary>
    public uint AccessTimeNanoseconds => _request.Argument<SetAttrIn>().AccessTimeNanoseconds;

    /// <summary>Seconds since 1970.</summary>
    public ulong ModificationTime => _request.Argument<SetAttrIn>().ModificationTime;

    /// <summary>The rest of it.</summary>
    public uint ModificationTimeNanoseconds => _request.Argument<SetAttrIn>().ModificationTimeNanoseconds;

    /// <summary>Answers with what stat shows, and how long that is valid.</summary>
    public void Reply(in FuseAttributes attributes, TimeSpan valid) => _request.Channel.Reply(_request, Unique, new AttrOut
    {
        ValidSeconds = (ulong)valid.TotalSeconds,
        ValidNanoseconds = FuseEntry.NanosecondsOf(valid),
        Attributes = attributes,
    });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>STATFS.</summary>
public readonly struct StatFileSystemRequest
{
    private readonly FuseRequest _request;

    internal StatFileSystemRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Answers with the sizes.</summary>
    public void Reply(in FuseFileSystemStatistics statistics) => _request.Channel.Reply(_request, Unique, statistics);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>ACCESS; never sent with default permissions.</summary>
public readonly struct AccessRequest
{
    private readonly FuseRequest _request;

    internal AccessRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>R_OK, W_OK, X_OK.</summary>
    public uint Mask => _request.Argument<AccessIn>().Mask;

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}
