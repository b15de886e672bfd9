namespace FuseServer;

/// <summary>
/// A file system: answers the kernel's requests. A handler must answer exactly once, at once or later and from any thread, and must not
/// hold the thread that calls it. What is not overridden is answered with ENOSYS, which the kernel remembers for most requests.
/// </summary>
public abstract class FuseFileSystem
{
    /// <summary>Kernel and server have agreed; requests follow.</summary>
    public virtual void Initialized(FuseConnectionInfo info)
    {
    }

    /// <summary>The connection has ended; no request follows.</summary>
    public virtual void Destroyed()
    {
    }

    /// <summary>The kernel drops so many of the references that look-ups gave it; it needs no answer.</summary>
    public virtual void Forget(ulong nodeId, ulong lookupCount)
    {
    }

    /// <inheritdoc cref="LookupRequest"/>
    public virtual void Lookup(LookupRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="GetAttributesRequest"/>
    public virtual void GetAttributes(GetAttributesRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="SetAttributesRequest"/>
    public virtual void SetAttributes(SetAttributesRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="ReadLinkRequest"/>
    public virtual void ReadLink(ReadLinkRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="SymbolicLinkRequest"/>
    public virtual void SymbolicLink(SymbolicLinkRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="MakeNodeRequest"/>
    public virtual void MakeNode(MakeNodeRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="MakeDirectoryRequest"/>
    public virtual void MakeDirectory(MakeDirectoryRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="UnlinkRequest"/>
    public virtual void Unlink(UnlinkRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="RemoveDirectoryRequest"/>
    public virtual void RemoveDirectory(RemoveDirectoryRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="RenameRequest"/>
    public virtual void Rename(RenameRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="LinkRequest"/>
    public virtual void Link(LinkRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="OpenRequest"/>
    public virtual void Open(OpenRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="CreateRequest"/>
    public virtual void Create(CreateRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="ReadRequest"/>
    public virtual void Read(ReadRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="WriteRequest"/>
    public virtual void Write(WriteRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="FlushRequest"/>
    public virtual void Flush(FlushRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="ReleaseRequest"/>
    public virtual void Release(ReleaseRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="SynchronizeRequest"/>
    public virtual void Synchronize(SynchronizeRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="OpenDirectoryRequest"/>
    public virtual void OpenDirectory(OpenDirectoryRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="ReadDirectoryRequest"/>
    public virtual void ReadDirectory(ReadDirectoryRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="ReleaseDirectoryRequest"/>
    public virtual void ReleaseDirectory(ReleaseDirectoryRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="SynchronizeDirectoryRequest"/>
    public virtual void SynchronizeDirectory(SynchronizeDirectoryRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="StatFileSystemRequest"/>
    public virtual void StatFileSystem(StatFileSystemRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="AccessRequest"/>
    public virtual void Access(AccessRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="AllocateRequest"/>
    public virtual void Allocate(AllocateRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="SeekRequest"/>
    public virtual void Seek(SeekRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="GetExtendedAttributeRequest"/>
    public virtual void GetExtendedAttribute(GetExtendedAttributeRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="SetExtendedAttributeRequest"/>
    public virtual void SetExtendedAttribute(SetExtendedAttributeRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="ListExtendedAttributesRequest"/>
    public virtual void ListExtendedAttributes(ListExtendedAttributesRequest r) => r.Fail(Errno.ENOSYS);

    /// <inheritdoc cref="RemoveExtendedAttributeRequest"/>
    public virtual void RemoveExtendedAttribute(RemoveExtendedAttributeRequest r) => r.Fail(Errno.ENOSYS);
}
