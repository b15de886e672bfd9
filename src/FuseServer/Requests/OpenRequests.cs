using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_OPEN.</summary>
public readonly struct OpenRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal OpenRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>O_* of open(2), without O_CREAT and O_EXCL.</summary>
    public int Flags => _reference.Request.Body<OpenIn>().Flags;

    /// <param name="handle">Comes back with every request on the open file.</param>
    /// <param name="flags">How the kernel treats it.</param>
    /// <returns>False when the kernel did not take the answer, because the mount is gone or the deadline has passed: no RELEASE will come.</returns>
    public bool Reply(ulong handle, OpenReplyFlags flags) => _reference.Reply(new OpenOut { Handle = handle, Flags = (uint)flags });
}

/// <summary>FUSE_CREATE: make a file and open it.</summary>
public readonly struct CreateRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal CreateRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>UTF-8 without the NUL; valid until the answer.</summary>
    public ReadOnlySpan<byte> Name => _reference.Request.Name<CreateIn>();

    /// <summary>O_* of open(2).</summary>
    public int Flags => _reference.Request.Body<CreateIn>().Flags;

    /// <summary>File type and permissions; the kernel has applied the umask.</summary>
    public uint Mode => _reference.Request.Body<CreateIn>().Mode;

    public uint Umask => _reference.Request.Body<CreateIn>().Umask;

    /// <param name="entry">The new file.</param>
    /// <param name="handle">Comes back with every request on the open file.</param>
    /// <param name="flags">How the kernel treats it.</param>
    /// <returns>False when the kernel did not take the answer, because the mount is gone or the deadline has passed: neither RELEASE nor FORGET will come.</returns>
    public bool Reply(in FuseEntry entry, ulong handle, OpenReplyFlags flags) => _reference.Reply(
        new CreateOut { Entry = new EntryOut(entry), Open = new OpenOut { Handle = handle, Flags = (uint)flags } });
}

/// <summary>FUSE_FLUSH: one of the file's descriptors is closed; its error is what close(2) returns.</summary>
public readonly struct FlushRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal FlushRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<FlushIn>().Handle;

    /// <summary>Identifies the owner of POSIX locks, opaque.</summary>
    public ulong LockOwner => _reference.Request.Body<FlushIn>().LockOwner;

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_RELEASE: nobody has the file open any more. An error reaches nobody.</summary>
public readonly struct ReleaseRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal ReleaseRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<ReleaseIn>().Handle;

    /// <summary>The flags of the open.</summary>
    public int Flags => _reference.Request.Body<ReleaseIn>().Flags;

    public ulong LockOwner => _reference.Request.Body<ReleaseIn>().LockOwner;

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_FSYNC: fsync(2), or fdatasync(2) when <see cref="DataOnly"/>.</summary>
public readonly struct SynchronizeRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal SynchronizeRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<FsyncIn>().Handle;

    public bool DataOnly => (_reference.Request.Body<FsyncIn>().Flags & FsyncIn.DataOnly) != 0;

    public void Reply() => _reference.Reply();
}
