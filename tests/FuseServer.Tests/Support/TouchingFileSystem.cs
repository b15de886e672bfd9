namespace FuseServer.Tests.Support;

/// <summary>Reads everything that a request offers, as a handler might, and answers.</summary>
internal sealed class TouchingFileSystem : FuseFileSystem
{
    public long Touched;

    public override void Forget(ulong nodeId, ulong lookupCount) => Touched += (long)(nodeId & lookupCount);

    public override void Lookup(LookupRequest r) => End(r, r.Name.Length);

    public override void GetAttributes(GetAttributesRequest r) => End(r, (long)(r.Handle ?? 0));

    public override void SetAttributes(SetAttributesRequest r) =>
        End(r, (long)r.Fields + (long)r.Size + r.Mode + (long)(r.Handle ?? 0) + (long)r.ModificationTime);

    public override void SymbolicLink(SymbolicLinkRequest r) => End(r, r.Name.Length + r.Target.Length);

    public override void MakeNode(MakeNodeRequest r) => End(r, r.Name.Length + r.Mode + r.DeviceId);

    public override void MakeDirectory(MakeDirectoryRequest r) => End(r, r.Name.Length + r.Umask);

    public override void Unlink(UnlinkRequest r) => End(r, r.Name.Length);

    public override void RemoveDirectory(RemoveDirectoryRequest r) => End(r, r.Name.Length);

    public override void Rename(RenameRequest r) => End(r, r.Name.Length + r.NewName.Length + (long)r.NewParent + r.Flags);

    public override void Link(LinkRequest r) => End(r, r.Name.Length + (long)r.ExistingNodeId);

    public override void Open(OpenRequest r) => End(r, r.Flags);

    public override void Create(CreateRequest r) => End(r, r.Name.Length + r.Flags + r.Mode);

    public override void Read(ReadRequest r) => End(r, r.Offset + r.Size + (long)r.Handle);

    public override void Write(WriteRequest r)
    {
        if ((r.Offset & 1) == 0)
            r.RetainData();
        long sum = r.Offset;
        foreach (byte b in r.Data)
            sum += b;
        End(r, sum);
    }

    public override void Flush(FlushRequest r) => End(r, (long)(r.Handle + r.LockOwner));

    public override void Release(ReleaseRequest r) => End(r, (long)r.Handle + r.Flags);

    public override void Synchronize(SynchronizeRequest r) => End(r, (long)r.Handle + (r.DataOnly ? 1 : 0));

    public override void OpenDirectory(OpenDirectoryRequest r) => End(r, r.Flags);

    public override void ReadDirectory(ReadDirectoryRequest r)
    {
        DirectoryBuffer buffer = r.CreateBuffer();
        ulong position = 0;
        while (position < 10 && (r.WithAttributes
            ? buffer.TryAddWithAttributes("name"u8, new FuseEntry { NodeId = 2 }, ++position)
            : buffer.TryAdd("name"u8, 2, 0x8000, ++position)))
        {
            Touched += r.Size;
        }
        r.Reply(buffer);
    }

    public override void Access(AccessRequest r) => End(r, r.Mask);

    public override void Allocate(AllocateRequest r) => End(r, r.Offset + r.Length + r.Mode);

    public override void Seek(SeekRequest r) => End(r, r.Offset + r.Whence);

    public override void GetExtendedAttribute(GetExtendedAttributeRequest r) => End(r, r.Name.Length + r.Size);

    public override void SetExtendedAttribute(SetExtendedAttributeRequest r) => End(r, r.Name.Length + r.Value.Length + r.Flags);

    public override void ListExtendedAttributes(ListExtendedAttributesRequest r) => End(r, r.Size);

    public override void RemoveExtendedAttribute(RemoveExtendedAttributeRequest r) => End(r, r.Name.Length);

    private void End<T>(T request, long value) where T : struct, IFuseRequest
    {
        Touched += value + (long)request.NodeId + request.UserId;
        request.Fail(Errno.EIO);
    }
}
