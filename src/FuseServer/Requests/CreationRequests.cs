using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>CREATE: make a file and open it.</summary>
public readonly struct CreateRequest
{
    private readonly FuseRequest _request;

    internal CreateRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Open flags, O_*.</summary>
    public int Flags => (int)_request.Argument<CreateIn>().Flags;

    /// <summary>Type and permission bits, umask applied.</summary>
    public uint Mode => _request.Argument<CreateIn>().Mode;

    /// <summary>The caller's umask.</summary>
    public uint Umask => _request.Argument<CreateIn>().Umask;

    /// <summary>The name, in UTF-8 by convention.</summary>
    public unsafe ReadOnlySpan<byte> Name => _request.Text(sizeof(CreateIn));

    /// <summary>Answers with the node and the number that the kernel will carry for the open file.</summary>
    public void Reply(in FuseEntry entry, ulong handle, OpenReplyFlags flags) => _request.Channel.Reply(_request, Unique, new CreateOut
    {
        Entry = entry.ToAbi(),
        Open = new OpenOut { Handle = handle, OpenFlags = (uint)flags },
    });

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>MKNOD: a file, a pipe, a socket or a device.</summary>
public readonly struct MakeNodeRequest
{
    private readonly FuseRequest _request;

    internal MakeNodeRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Type and permission bits, umask applied.</summary>
    public uint Mode => _request.Argument<MkNodIn>().Mode;

    /// <summary>Of a device.</summary>
    public uint DeviceId => _request.Argument<MkNodIn>().DeviceId;

    /// <summary>The caller's umask.</summary>
    public uint Umask => _request.Argument<MkNodIn>().Umask;

    /// <summary>The name, in UTF-8 by convention.</summary>
    public unsafe ReadOnlySpan<byte> Name => _request.Text(sizeof(MkNodIn));

    /// <summary>Answers with the node behind the name.</summary>
    public void Reply(in FuseEntry entry) => _request.Channel.Reply(_request, Unique, entry.ToAbi());

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}

/// <summary>MKDIR.</summary>
public readonly struct MakeDirectoryRequest
{
    private readonly FuseRequest _request;

    internal MakeDirectoryRequest(FuseRequest request) => (_request, Unique) = (request, request.Header.Unique);

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

    /// <summary>Permission bits, umask applied.</summary>
    public uint Mode => _request.Argument<MkDirIn>().Mode;

    /// <summary>The caller's umask.</summary>
    public uint Umask => _request.Argument<MkDirIn>().Umask;

    /// <summary>The name, in UTF-8 by convention.</summary>
    public unsafe ReadOnlySpan<byte> Name => _request.Text(sizeof(MkDirIn));

    /// <summary>Answers with the node behind the name.</summary>
    public void Reply(in FuseEntry entry) => _request.Channel.Reply(_request, Unique, entry.ToAbi());

    /// <summary>Answers with an error.</summary>
    public void Fail(Errno error) => _request.Channel.Fail(_request, Unique, error);
}
