using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>LOOKUP: which node has this name?</summary>
public readonly struct LookupRequest
{
    private readonly FuseRequest _request;

    internal LookupRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The folder that holds the name.</summary>
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

    /// <summary>The name, in UTF-8 by convention.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(0);

    /// <summary>Answers with the node behind the name.</summary>
    public void Reply(in FuseEntry entry) => _request.Channel.Reply(_request, Unique, entry.ToAbi());

    /// <summary>Answers that there is no such name, and how long the kernel may rely on that.</summary>
    public void ReplyNegative(TimeSpan valid) => Reply(new FuseEntry { EntryValid = valid });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>UNLINK: remove a name that is no folder.</summary>
public readonly struct UnlinkRequest
{
    private readonly FuseRequest _request;

    internal UnlinkRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The folder that holds the name.</summary>
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

    /// <summary>The name, in UTF-8 by convention.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(0);

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>RMDIR: remove an empty folder.</summary>
public readonly struct RemoveDirectoryRequest
{
    private readonly FuseRequest _request;

    internal RemoveDirectoryRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The folder that holds the name.</summary>
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

    /// <summary>The name, in UTF-8 by convention.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(0);

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>RENAME and RENAME2.</summary>
public readonly struct RenameRequest
{
    private readonly FuseRequest _request;

    internal RenameRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The folder that holds the name.</summary>
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

    /// <summary>The old name.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(NamesOffset);

    /// <summary>The folder of the new name.</summary>
    public ulong NewParent => _request.Argument<Rename2In>().NewParent;

    /// <summary>The new name.</summary>
    public ReadOnlySpan<byte> NewName => _request.Text(NamesOffset + Name.Length + 1);

    /// <summary>RENAME_* of linux/fs.h; 0 of a plain rename.</summary>
    public uint Flags => IsExtended ? _request.Argument<Rename2In>().Flags : 0;

    private bool IsExtended => _request.Header.Opcode == Opcode.Rename2;

    /// <summary>The old structure has only the new parent.</summary>
    private unsafe int NamesOffset => IsExtended ? sizeof(Rename2In) : sizeof(ulong);

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>LINK: a further name for a node.</summary>
public readonly struct LinkRequest
{
    private readonly FuseRequest _request;

    internal LinkRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The folder that holds the name.</summary>
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

    /// <summary>The node.</summary>
    public ulong ExistingNodeId => _request.Argument<ulong>();

    /// <summary>The name, in UTF-8 by convention.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(sizeof(ulong));

    /// <summary>Answers with the node behind the name.</summary>
    public void Reply(in FuseEntry entry) => _request.Channel.Reply(_request, Unique, entry.ToAbi());

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>SYMLINK.</summary>
public readonly struct SymbolicLinkRequest
{
    private readonly FuseRequest _request;

    internal SymbolicLinkRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

    /// <summary>The kernel's number of the request.</summary>
    public ulong Unique { get; }

    /// <summary>The folder that holds the name.</summary>
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

    /// <summary>The name, in UTF-8 by convention.</summary>
    public ReadOnlySpan<byte> Name => _request.Text(0);

    /// <summary>Where the link points to.</summary>
    public ReadOnlySpan<byte> Target => _request.Text(Name.Length + 1);

    /// <summary>Answers with the node behind the name.</summary>
    public void Reply(in FuseEntry entry) => _request.Channel.Reply(_request, Unique, entry.ToAbi());

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>READLINK: where does a symbolic link point to?</summary>
public readonly struct ReadLinkRequest
{
    private readonly FuseRequest _request;

    internal ReadLinkRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Answers with bytes.</summary>
    public void Reply(ReadOnlySpan<byte> data) => _request.Channel.Reply(_request, Unique, data);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}
