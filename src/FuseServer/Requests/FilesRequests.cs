using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>OPEN.</summary>
public readonly struct OpenRequest
{
    private readonly FuseRequest _request;

    internal OpenRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

/// <summary>READ.</summary>
public readonly struct ReadRequest
{
    private readonly FuseRequest _request;

    internal ReadRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>In bytes.</summary>
    public long Offset => (long)_request.Argument<ReadWriteIn>().Offset;

    /// <summary>In bytes; a shorter answer means the end of the file.</summary>
    public int Size => (int)_request.Argument<ReadWriteIn>().Size;

    /// <summary>Open flags of the file, O_*.</summary>
    public int Flags => (int)_request.Argument<ReadWriteIn>().Flags;

    /// <summary>Answers with bytes.</summary>
    public void Reply(ReadOnlySpan<byte> data) => _request.Channel.Reply(_request, Unique, data);

    /// <summary>Answers with pieces of memory in order, without a copy.</summary>
    public void Reply(ReadOnlySpan<ReadOnlyMemory<byte>> pieces) => _request.Channel.Reply(_request, Unique, pieces);

    /// <summary>Answers that the file ends here.</summary>
    public void ReplyEmpty() => Reply(ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>WRITE.</summary>
public readonly struct WriteRequest
{
    private readonly FuseRequest _request;

    internal WriteRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>In bytes.</summary>
    public long Offset => (long)_request.Argument<ReadWriteIn>().Offset;

    /// <summary>The bytes; valid until the handler returns, or until the answer after <see cref="RetainData"/>.</summary>
    public ReadOnlySpan<byte> Data => _request.Payload;

    /// <summary>The bytes come from the page cache, not from a caller who waits: handle, user and process may be anybody's.</summary>
    public bool IsCache => (_request.Argument<ReadWriteIn>().TransferFlags & FromCache) != 0;

    /// <summary>Open flags of the file, O_*.</summary>
    public int Flags => (int)_request.Argument<ReadWriteIn>().Flags;

    private const uint FromCache = 1; // FUSE_WRITE_CACHE

    /// <summary>A payload of at least this share of a buffer keeps the buffer; a smaller one is copied.</summary>
    private const int CopyBelow = 64 * 1024;

    /// <summary>Keeps <see cref="Data"/> until the answer. Call it in the handler, before it returns.</summary>
    public void RetainData() => _request.RetainPayload(withBuffer: IsCache && Data.Length >= CopyBelow);

    /// <summary>Answers how many bytes were taken.</summary>
    public void Reply(int written) => _request.Channel.Reply(_request, Unique, new SizeOut { Size = (uint)written });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>FLUSH: one descriptor of an open file is closed; the error reaches close.</summary>
public readonly struct FlushRequest
{
    private readonly FuseRequest _request;

    internal FlushRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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
    public ulong Handle => _request.Argument<FlushIn>().Handle;

    /// <summary>Whose locks go.</summary>
    public ulong LockOwner => _request.Argument<FlushIn>().LockOwner;

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>RELEASE: the last descriptor of an open file is gone; nobody sees the answer.</summary>
public readonly struct ReleaseRequest
{
    private readonly FuseRequest _request;

    internal ReleaseRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Open flags of the file, O_*.</summary>
    public int Flags => (int)_request.Argument<ReleaseIn>().Flags;

    /// <summary>Whose locks go.</summary>
    public ulong LockOwner => _request.Argument<ReleaseIn>().LockOwner;

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>FSYNC.</summary>
public readonly struct SynchronizeRequest
{
    private readonly FuseRequest _request;

    internal SynchronizeRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

/// <summary>FALLOCATE.</summary>
public readonly struct AllocateRequest
{
    private readonly FuseRequest _request;

    internal AllocateRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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
    public ulong Handle => _request.Argument<FAllocateIn>().Handle;

    /// <summary>In bytes.</summary>
    public long Offset => (long)_request.Argument<FAllocateIn>().Offset;

    /// <summary>In bytes.</summary>
    public long Length => (long)_request.Argument<FAllocateIn>().Length;

    /// <summary>FALLOC_FL_*.</summary>
    public int Mode => (int)_request.Argument<FAllocateIn>().Mode;

    /// <summary>Answers that it is done.</summary>
    public void Reply() => _request.Channel.Reply(_request, Unique, ReadOnlySpan<byte>.Empty);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>LSEEK: SEEK_DATA and SEEK_HOLE.</summary>
public readonly struct SeekRequest
{
    private readonly FuseRequest _request;

    internal SeekRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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
    public ulong Handle => _request.Argument<LSeekIn>().Handle;

    /// <summary>In bytes.</summary>
    public long Offset => (long)_request.Argument<LSeekIn>().Offset;

    /// <summary>3 (SEEK_DATA) or 4 (SEEK_HOLE).</summary>
    public uint Whence => _request.Argument<LSeekIn>().Whence;

    /// <summary>Answers with the place found.</summary>
    public void Reply(long offset) => _request.Channel.Reply(_request, Unique, offset);

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}
