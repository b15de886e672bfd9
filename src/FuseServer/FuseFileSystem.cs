namespace FuseServer;

/// <summary>
/// The operations of a file system. A handler answers its request exactly once, before or after it returns, from any thread.
/// Handlers run on the threads that read from the kernel, several at once: one that waits for anything slow must return first
/// and answer later. A handler that throws answers EIO. What is not overridden answers ENOSYS, which the kernel remembers for
/// most operations.
/// </summary>
public abstract class FuseFileSystem
{
    /// <summary>The kernel and this side have agreed; the first request follows.</summary>
    public virtual void Initialized(FuseConnectionInfo info)
    {
    }

    /// <summary>The connection has ended and no further request will come. Requests in flight may still be answered, to no effect.</summary>
    public virtual void Destroyed()
    {
    }

    /// <summary>The kernel has dropped <paramref name="lookupCount"/> of its look-ups of the node; at none left the node is unknown to it.</summary>
    public virtual void Forget(ulong nodeId, ulong lookupCount)
    {
    }

    public virtual void Lookup(LookupRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void GetAttributes(GetAttributesRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void SetAttributes(SetAttributesRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void ReadLink(ReadLinkRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void SymbolicLink(SymbolicLinkRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void MakeNode(MakeNodeRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void MakeDirectory(MakeDirectoryRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void Unlink(UnlinkRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void RemoveDirectory(RemoveDirectoryRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>RENAME and RENAME2.</summary>
    public virtual void Rename(RenameRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void Link(LinkRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means that opens need no request at all and handles are 0.</summary>
    public virtual void Open(OpenRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS makes the kernel use MKNOD and OPEN.</summary>
    public virtual void Create(CreateRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void Read(ReadRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void Write(WriteRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means success, and that the kernel does not ask again.</summary>
    public virtual void Flush(FlushRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void Release(ReleaseRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means success, and that the kernel does not ask again.</summary>
    public virtual void Synchronize(SynchronizeRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means that opens need no request at all and handles are 0.</summary>
    public virtual void OpenDirectory(OpenDirectoryRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>READDIR and READDIRPLUS.</summary>
    public virtual void ReadDirectory(ReadDirectoryRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void ReleaseDirectory(ReleaseDirectoryRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means success, and that the kernel does not ask again.</summary>
    public virtual void SynchronizeDirectory(SynchronizeDirectoryRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void StatFileSystem(StatFileSystemRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means success, and that the kernel does not ask again.</summary>
    public virtual void Access(AccessRequest request) => request.Fail(Errno.ENOSYS);

    public virtual void Allocate(AllocateRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS makes the kernel treat the whole file as data.</summary>
    public virtual void Seek(SeekRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means EOPNOTSUPP, and that the kernel does not ask again.</summary>
    public virtual void GetExtendedAttribute(GetExtendedAttributeRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means EOPNOTSUPP, and that the kernel does not ask again.</summary>
    public virtual void SetExtendedAttribute(SetExtendedAttributeRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means EOPNOTSUPP, and that the kernel does not ask again.</summary>
    public virtual void ListExtendedAttributes(ListExtendedAttributesRequest request) => request.Fail(Errno.ENOSYS);

    /// <summary>ENOSYS means EOPNOTSUPP, and that the kernel does not ask again.</summary>
    public virtual void RemoveExtendedAttribute(RemoveExtendedAttributeRequest request) => request.Fail(Errno.ENOSYS);
}
