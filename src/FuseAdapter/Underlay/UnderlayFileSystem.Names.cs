using FuseServer;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>Names: each call relative to its parent's descriptor, never through a link.</summary>
public sealed partial class UnderlayFileSystem
{
    private const uint PermissionBits = 0xFFF;
    private const uint SetUserId = 0x800; // S_ISUID
    private const uint SetGroupId = 0x400; // S_ISGID
    private const uint GroupExecute = 0x8; // S_IXGRP
    private const uint TypeBits = 0xF000; // S_IFMT
    private const uint FolderType = 0x4000; // S_IFDIR
    private const uint RegularType = 0x8000; // S_IFREG
    private const int LongestLink = 4096;

    /// <inheritdoc/>
    public override void Lookup(LookupRequest r) => Lookup(r, r.NodeId);

    /// <summary>The same with the parent given, as all that follow.</summary>
    public unsafe void Lookup(LookupRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        if (!TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
        {
            r.Fail(error);
            return;
        }

        error = TryEnter(folder!.Descriptor, name, out FuseEntry entry);
        if (error == Errno.None)
            r.Reply(entry);
        else if (error == Errno.ENOENT)
            r.ReplyNegative(_valid);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void Create(CreateRequest r) => Create(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void Create(CreateRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        if (!TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
        {
            r.Fail(error);
            return;
        }

        error = TryCreate(r, folder!, name, out int descriptor, out FuseEntry entry);
        if (error == Errno.None)
            r.Reply(entry, _files.Add(new OpenUnderlayFile(descriptor)), OpenFlagsOf(entry.NodeId));
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void MakeDirectory(MakeDirectoryRequest r) => MakeDirectory(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void MakeDirectory(MakeDirectoryRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        FuseEntry entry = default;
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
            error = Libc.ErrorOf(Libc.MakeFolder(folder!.Descriptor, name, r.Mode & PermissionBits));
        if (error == Errno.None)
            error = EnterNew(folder!, name, r.UserId, r.GroupId, r.Mode, out entry);
        if (error == Errno.None)
            r.Reply(entry);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void MakeNode(MakeNodeRequest r) => MakeNode(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void MakeNode(MakeNodeRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        FuseEntry entry = default;
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
            error = Libc.ErrorOf(Libc.MakeNode(folder!.Descriptor, name, r.Mode, r.DeviceId));
        if (error == Errno.None)
            error = EnterNew(folder!, name, r.UserId, r.GroupId, r.Mode, out entry);
        if (error == Errno.None)
            r.Reply(entry);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void SymbolicLink(SymbolicLinkRequest r) => SymbolicLink(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void SymbolicLink(SymbolicLinkRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        byte* target = stackalloc byte[LongestLink];
        FuseEntry entry = default;
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
        {
            error = TryTerminate(r.Target, new Span<byte>(target, LongestLink))
                ? Libc.ErrorOf(Libc.SymbolicLink(target, folder!.Descriptor, name))
                : Errno.ENAMETOOLONG;
        }

        if (error == Errno.None)
            error = EnterNew(folder!, name, r.UserId, r.GroupId, mode: null, out entry);
        if (error == Errno.None)
            r.Reply(entry);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override unsafe void ReadLink(ReadLinkRequest r)
    {
        byte* target = stackalloc byte[LongestLink];
        byte empty = 0;
        nint length = _nodes.TryFind(r.NodeId, out UnderlayNode? node)
            ? Libc.ReadLink(node.Descriptor, &empty, target, LongestLink)
            : -1;
        if (node is null)
            r.Fail(Errno.ESTALE);
        else if (length < 0)
            r.Fail(Libc.LastError());
        else
            r.Reply(new ReadOnlySpan<byte>(target, (int)length));
    }

    /// <inheritdoc/>
    public override void Link(LinkRequest r) => Link(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void Link(LinkRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        FuseEntry entry = default;
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
            error = _nodes.TryFind(r.ExistingNodeId, out UnderlayNode? existing) ? LinkTo(existing, folder!, name) : Errno.ESTALE;
        if (error == Errno.None)
            error = TryEnter(folder!.Descriptor, name, out entry);
        if (error == Errno.None)
            r.Reply(entry);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void Unlink(UnlinkRequest r) => Unlink(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void Unlink(UnlinkRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
            error = Libc.ErrorOf(Libc.Unlink(folder!.Descriptor, name, 0));
        if (error == Errno.None)
            r.Reply();
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void RemoveDirectory(RemoveDirectoryRequest r) => RemoveDirectory(r, r.NodeId);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void RemoveDirectory(RemoveDirectoryRequest r, ulong parent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error))
            error = Libc.ErrorOf(Libc.Unlink(folder!.Descriptor, name, Libc.RemoveFolder));
        if (error == Errno.None)
            r.Reply();
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void Rename(RenameRequest r) => Rename(r, r.NodeId, r.NewParent);

    /// <inheritdoc cref="Lookup(LookupRequest, ulong)"/>
    public unsafe void Rename(RenameRequest r, ulong parent, ulong newParent)
    {
        byte* name = stackalloc byte[MaxName + 1];
        byte* newName = stackalloc byte[MaxName + 1];
        if (TryPrepare(parent, r.Name, name, out UnderlayNode? folder, out Errno error)
            && TryPrepare(newParent, r.NewName, newName, out UnderlayNode? newFolder, out error))
        {
            error = Libc.ErrorOf(Libc.Rename(folder!.Descriptor, name, newFolder!.Descriptor, newName, r.Flags));
        }

        if (error == Errno.None)
            r.Reply();
        else
            r.Fail(error);
    }

    /// <summary>Creates and opens a file, or opens one that exists where the caller allows that, and counts a reference by the kernel.</summary>
    /// <param name="r">The request of the kernel.</param>
    /// <param name="folder">Where the path begins.</param>
    /// <param name="path">A name, or a path through folders.</param>
    /// <param name="descriptor">The open file.</param>
    /// <param name="entry">What the kernel is told of it.</param>
    private unsafe Errno TryCreate(CreateRequest r, UnderlayNode folder, byte* path, out int descriptor, out FuseEntry entry)
    {
        entry = default;
        int flags = FlagsFor(r.Flags) | Libc.RefuseLink | Libc.CloseOnExec;
        descriptor = Libc.OpenAt(folder.Descriptor, path, flags | Libc.Create | Libc.Exclusive, r.Mode & PermissionBits);
        bool isNew = descriptor >= 0;
        if (!isNew && Libc.LastError() == Errno.EEXIST && (r.Flags & Libc.Exclusive) == 0)
            descriptor = Libc.OpenAt(folder.Descriptor, path, flags | (r.Flags & Libc.Truncate), 0);
        if (descriptor < 0)
            return Libc.LastError();
        if (!isNew)
            DropSetUserAndGroupIdAtTruncation(descriptor, r.Flags, r.UserId);
        Errno error = isNew
            ? EnterNew(folder, path, r.UserId, r.GroupId, r.Mode, out entry)
            : TryEnter(folder.Descriptor, path, out entry);
        if (error != Errno.None)
            _ = Libc.Close(descriptor);
        return error;
    }

    /// <summary>A descriptor's own path may be linked without a privilege; linkat with an empty path may not.</summary>
    private static unsafe Errno LinkTo(UnderlayNode existing, UnderlayNode folder, byte* name)
    {
        byte[] path = System.Text.Encoding.ASCII.GetBytes(Libc.DescriptorPath(existing.Descriptor) + "\0");
        fixed (byte* address = path)
            return Libc.ErrorOf(Libc.Link(Libc.CurrentFolder, address, folder.Descriptor, name, Libc.FollowLink));
    }

    /// <summary>
    /// Gives to the caller what was created and looks it up. Removes it again when that fails, so that a failed call leaves nothing.
    /// </summary>
    private unsafe Errno EnterNew(UnderlayNode folder, byte* name, uint user, uint group, uint? mode, out FuseEntry entry)
    {
        entry = default;
        int descriptor = Libc.OpenAt(folder.Descriptor, name, Libc.PathOnly | Libc.RefuseLink | Libc.CloseOnExec, 0);
        StatX created = default;
        Errno error = descriptor < 0 ? Libc.LastError() : GiveToCaller(folder.Descriptor, descriptor, user, group, mode, out created);
        if (error == Errno.None)
        {
            entry = EntryOf(descriptor, name, created);
            return Errno.None;
        }

        if (descriptor >= 0)
            _ = Libc.Close(descriptor);
        if (Libc.Unlink(folder.Descriptor, name, 0) < 0)
            _ = Libc.Unlink(folder.Descriptor, name, Libc.RemoveFolder);
        return error;
    }

    /// <summary>
    /// What was created belongs to the caller, as if the caller had created it: also with the group of a set-group-id folder, and with the
    /// mode that the kernel computed, whatever this process's umask.
    /// </summary>
    private static unsafe Errno GiveToCaller(int folder, int descriptor, uint user, uint group, uint? mode, out StatX created)
    {
        created = default;
        Errno error = TryStat(folder, out StatX parent);
        bool inherits = (parent.Mode & SetGroupId) != 0;
        if (error == Errno.None && ChangesOwner)
        {
            byte empty = 0;
            error = Libc.ErrorOf(Libc.ChangeOwner(
                descriptor, &empty, user, inherits ? parent.GroupId : group, Libc.EmptyPath | Libc.NoFollow));
        }

        if (error == Errno.None)
            error = TryStat(descriptor, out created);
        if (error != Errno.None || mode is not { } wanted)
            return error;
        wanted &= PermissionBits;
        if (inherits && (created.Mode & TypeBits) == FolderType)
            wanted |= SetGroupId; // a folder passes the bit on
        if ((created.Mode & PermissionBits) == wanted)
            return Errno.None;
        error = Libc.ErrorOf(Libc.ChangeMode(Libc.DescriptorPath(descriptor), wanted));
        return error == Errno.None ? TryStat(descriptor, out created) : error;
    }

    private unsafe bool TryPrepare(ulong parent, ReadOnlySpan<byte> name, byte* terminated, out UnderlayNode? folder, out Errno error)
    {
        error = !_nodes.TryFind(parent, out folder) ? Errno.ESTALE
            : !TryTerminate(name, new Span<byte>(terminated, MaxName + 1)) ? Errno.ENAMETOOLONG
            : Errno.None;
        return error == Errno.None;
    }
}
