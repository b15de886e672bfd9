using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>OPENDIR.</summary>
public readonly struct OpenDirectoryRequest
{
    private readonly FuseRequest _request;

    internal OpenDirectoryRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Open flags, O_*.</summary>
    public int Flags => (int)_request.Argument<OpenIn>().Flags;

    /// <summary>Answers with the number that the kernel will carry for this open file.</summary>
    public void Reply(ulong handle, OpenReplyFlags flags) =>
        _request.Channel.Reply(_request, Unique, new OpenOut { Handle = handle, OpenFlags = (uint)flags });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>READDIR and READDIRPLUS.</summary>
public readonly struct ReadDirectoryRequest
{
    private readonly FuseRequest _request;

    internal ReadDirectoryRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>The open file, as the reply to its open said.</summary>
    public ulong Handle => _request.Argument<ReadWriteIn>().Handle;

    /// <summary>0, or the next offset of the entry after which to go on.</summary>
    public ulong Offset => _request.Argument<ReadWriteIn>().Offset;

    /// <summary>Room for the answer, in bytes.</summary>
    public int Size => (int)_request.Argument<ReadWriteIn>().Size;

    /// <summary>READDIRPLUS: each entry answers a look-up too.</summary>
    public bool WithAttributes => _request.Header.Opcode == Opcode.ReadDirPlus;

    /// <summary>An empty answer to fill.</summary>
    public DirectoryBuffer CreateBuffer() => DirectoryBuffer.Rent(Size, WithAttributes);

    /// <summary>Answers with the entries; an empty answer means the end of the folder.</summary>
    public void Reply(DirectoryBuffer entries)
    {
        _request.Channel.Reply(_request, Unique, entries.Written);
        entries.Return();
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>RELEASEDIR.</summary>
public readonly struct ReleaseDirectoryRequest
{
    private readonly FuseRequest _request;

    internal ReleaseDirectoryRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>The open file, as the reply to its open said.</summary>
    public ulong Handle => _request.Argument<ReleaseIn>().Handle;

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>FSYNCDIR.</summary>
public readonly struct SynchronizeDirectoryRequest
{
    private readonly FuseRequest _request;

    internal SynchronizeDirectoryRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>The open file, as the reply to its open said.</summary>
    public ulong Handle => _request.Argument<FSyncIn>().Handle;

    /// <summary>fdatasync: times need not be durable.</summary>
    public bool DataOnly => (_request.Argument<FSyncIn>().Flags & 1) != 0;

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}
