using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_OPENDIR.</summary>
public readonly struct OpenDirectoryRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal OpenDirectoryRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>O_* of open(2).</summary>
    public int Flags => _reference.Request.Body<OpenIn>().Flags;

    /// <param name="handle">Comes back with every request on the open file.</param>
    /// <param name="flags">How the kernel treats it.</param>
    public void Reply(ulong handle, OpenReplyFlags flags) => _reference.Reply(new OpenOut { Handle = handle, Flags = (uint)flags });
}

/// <summary>FUSE_READDIR and FUSE_READDIRPLUS: the entries from <see cref="Offset"/> on, as many as fit; an empty answer ends the listing.</summary>
public readonly struct ReadDirectoryRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal ReadDirectoryRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<ReadWriteIn>().Handle;

    /// <summary>0 for the start, else the offset that came with the last entry the caller took.</summary>
    public ulong Offset => _reference.Request.Body<ReadWriteIn>().Offset;

    /// <summary>Bytes that the answer may have.</summary>
    public int Size => (int)_reference.Request.Body<ReadWriteIn>().Size;

    /// <summary>READDIRPLUS: entries carry attributes and count as look-ups.</summary>
    public bool WithAttributes => _reference.Request.Opcode == Opcode.ReadDirPlus;

    /// <summary>The buffer in which the answer is built; it belongs to the request and lives until its answer.</summary>
    public DirectoryBuffer CreateBuffer() => _reference.Request.CreateDirectoryBuffer();

    public void Reply(DirectoryBuffer buffer) => _reference.Reply(buffer);
}

/// <summary>FUSE_RELEASEDIR.</summary>
public readonly struct ReleaseDirectoryRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal ReleaseDirectoryRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<ReleaseIn>().Handle;

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_FSYNCDIR.</summary>
public readonly struct SynchronizeDirectoryRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal SynchronizeDirectoryRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<FsyncIn>().Handle;

    public bool DataOnly => (_reference.Request.Body<FsyncIn>().Flags & FsyncIn.DataOnly) != 0;

    public void Reply() => _reference.Reply();
}
