using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>FUSE_READ. Fewer bytes than asked for mean the end of the file.</summary>
public readonly struct ReadRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal ReadRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<ReadWriteIn>().Handle;

    public long Offset => (long)_reference.Request.Body<ReadWriteIn>().Offset;

    /// <summary>Bytes wanted; at most the negotiated request size.</summary>
    public int Size => (int)_reference.Request.Body<ReadWriteIn>().Size;

    /// <summary>The flags of the open.</summary>
    public int Flags => _reference.Request.Body<ReadWriteIn>().Flags;

    public void Reply(ReadOnlySpan<byte> data) => _reference.Reply(data);

    /// <summary>Answers from several pieces without joining them (writev(2)); each is pinned during the call.</summary>
    public void Reply(ReadOnlySpan<ReadOnlyMemory<byte>> segments) => _reference.Reply(segments);

    /// <summary>The offset is at or past the end.</summary>
    public void ReplyEmpty() => _reference.Reply();
}

/// <summary>FUSE_WRITE.</summary>
public readonly struct WriteRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal WriteRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<ReadWriteIn>().Handle;

    public long Offset => (long)_reference.Request.Body<ReadWriteIn>().Offset;

    /// <summary>
    /// The bytes, in the buffer the kernel wrote them to: valid until the handler returns or, after <see cref="RetainData"/>,
    /// until the answer. Cleared after that.
    /// </summary>
    public ReadOnlySpan<byte> Data => _reference.Request.Data;

    /// <summary>From the page cache (FUSE_WRITE_CACHE): the caller is unknown and the handle is any that is open for writing.</summary>
    public bool IsCache => (_reference.Request.Body<ReadWriteIn>().RequestFlags & ReadWriteIn.WriteFromCache) != 0;

    /// <summary>The flags of the open.</summary>
    public int Flags => _reference.Request.Body<ReadWriteIn>().Flags;

    /// <summary>Keeps <see cref="Data"/> until the answer. To be called before the handler returns.</summary>
    public void RetainData() => _reference.Request.RetainData();

    /// <param name="written">Bytes taken; fewer than sent is an error for page cache writes.</param>
    public void Reply(int written) => _reference.Reply(new WriteOut { Size = (uint)written });
}

/// <summary>FUSE_FALLOCATE.</summary>
public readonly struct AllocateRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal AllocateRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<FallocateIn>().Handle;

    public long Offset => (long)_reference.Request.Body<FallocateIn>().Offset;

    public long Length => (long)_reference.Request.Body<FallocateIn>().Length;

    /// <summary>FALLOC_FL_* of fallocate(2).</summary>
    public int Mode => (int)_reference.Request.Body<FallocateIn>().Mode;

    public void Reply() => _reference.Reply();
}

/// <summary>FUSE_LSEEK: SEEK_DATA (3) and SEEK_HOLE (4); the kernel does the other kinds itself.</summary>
public readonly struct SeekRequest : IFuseRequest
{
    private readonly RequestReference _reference;

    internal SeekRequest(FuseRequest request) => _reference = new RequestReference(request);

    RequestReference IFuseRequest.Reference => _reference;

    /// <summary>What the answer to OPEN, OPENDIR or CREATE chose.</summary>
    public ulong Handle => _reference.Request.Body<LSeekIn>().Handle;

    public long Offset => (long)_reference.Request.Body<LSeekIn>().Offset;

    public int Whence => (int)_reference.Request.Body<LSeekIn>().Whence;

    public void Reply(long offset) => _reference.Reply(new LSeekOut { Offset = (ulong)offset });
}
