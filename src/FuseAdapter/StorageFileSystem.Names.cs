using FuseServer;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>Names: look-up, create, unlink, rename, folders and links.</summary>
public sealed partial class StorageFileSystem
{
    /// <summary>True for names of the root that are hash folders, whatever lies beneath the mount point.</summary>
    public static bool IsHashDirectoryName(ReadOnlySpan<byte> name) => HashDirectory.Root.TryGetChild(name, out _);

    /// <inheritdoc/>
    public override void Lookup(LookupRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.Lookup(r, UnderlayParent(r.NodeId));
        else if (!NodeTable.TryGetDirectory(r.NodeId, out HashDirectory parent))
            r.Fail(Errno.ENOTDIR);
        else if (parent.TryGetChild(r.Name, out HashDirectory child))
            r.Reply(EntryOf(child));
        else if (TryGetAttachment(parent, r.Name, out AttachmentId id))
            _ = LookupAsync(r, id);
        else
            r.ReplyNegative(DirectoryValid);
    }

    /// <inheritdoc/>
    public override void Create(CreateRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.Create(r, UnderlayParent(r.NodeId));
        else if (NodeTable.TryGetDirectory(r.NodeId, out HashDirectory parent) && TryGetAttachment(parent, r.Name, out AttachmentId id))
            Create(r, id);
        else
            r.Fail(Errno.EPERM);
    }

    /// <inheritdoc/>
    public override void Unlink(UnlinkRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.Unlink(r, UnderlayParent(r.NodeId));
        else if (NodeTable.TryGetDirectory(r.NodeId, out HashDirectory parent) && TryGetAttachment(parent, r.Name, out AttachmentId id))
            _ = UnlinkAsync(r, id);
        else
            r.Fail(Errno.ENOENT);
    }

    /// <inheritdoc/>
    public override void MakeDirectory(MakeDirectoryRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.MakeDirectory(r, UnderlayParent(r.NodeId));
        else if (NodeTable.TryGetDirectory(r.NodeId, out HashDirectory parent) && parent.TryGetChild(r.Name, out _))
            r.Fail(Errno.EEXIST);
        else
            r.Fail(Errno.EPERM);
    }

    /// <inheritdoc/>
    public override void RemoveDirectory(RemoveDirectoryRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.RemoveDirectory(r, UnderlayParent(r.NodeId));
        else if (!NodeTable.TryGetDirectory(r.NodeId, out HashDirectory parent) || !parent.TryGetChild(r.Name, out HashDirectory child))
            r.Fail(Errno.ENOENT);
        else if (!HoldsLocalAttachments(child) && _tree.TryRemoveDirectory(child))
            ReplyRemoved(r, child);
        else
            r.Fail(Errno.ENOTEMPTY);
    }

    /// <inheritdoc/>
    public override void Rename(RenameRequest r)
    {
        bool fromUnderlay = IsInUnderlay(r.NodeId, r.Name);
        bool toUnderlay = IsInUnderlay(r.NewParent, r.NewName);
        if (fromUnderlay && toUnderlay)
            _underlay.Rename(r, UnderlayParent(r.NodeId), UnderlayParent(r.NewParent));
        else
            r.Fail(fromUnderlay != toUnderlay ? Errno.EXDEV : Errno.EPERM); // EXDEV makes mv copy instead
    }

    /// <inheritdoc/>
    public override void Link(LinkRequest r)
    {
        bool toUnderlay = IsInUnderlay(r.NodeId, r.Name);
        if (toUnderlay && NodeTable.IsUnderlay(r.ExistingNodeId))
            _underlay.Link(r, UnderlayParent(r.NodeId));
        else
            r.Fail(toUnderlay || NodeTable.IsUnderlay(r.ExistingNodeId) ? Errno.EXDEV : Errno.EPERM);
    }

    /// <inheritdoc/>
    public override void SymbolicLink(SymbolicLinkRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.SymbolicLink(r, UnderlayParent(r.NodeId));
        else
            r.Fail(Errno.EPERM);
    }

    /// <inheritdoc/>
    public override void MakeNode(MakeNodeRequest r)
    {
        if (IsInUnderlay(r.NodeId, r.Name))
            _underlay.MakeNode(r, UnderlayParent(r.NodeId));
        else
            r.Fail(Errno.EPERM);
    }

    /// <inheritdoc/>
    public override void ReadLink(ReadLinkRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.ReadLink(r);
        else
            r.Fail(Errno.EINVAL);
    }

    private static bool TryGetAttachment(HashDirectory parent, ReadOnlySpan<byte> name, out AttachmentId id) =>
        AttachmentId.TryParse(name, out id) && parent.Holds(id);

    private static bool IsInUnderlay(ulong parent, ReadOnlySpan<byte> name) =>
        NodeTable.IsUnderlay(parent) || (parent == NodeTable.Root && !IsHashDirectoryName(name));

    private static ulong UnderlayParent(ulong parent) => parent == NodeTable.Root ? Underlay.UnderlayFileSystem.RootNodeId : parent;

    private void ReplyRemoved(RemoveDirectoryRequest r, HashDirectory directory)
    {
        _removals.AddOrUpdate(directory, 1, static (_, count) => count + 1);
        r.Reply();
    }

    private bool HoldsLocalAttachments(HashDirectory directory) =>
        _options.Hybrid != HybridStorage.None && _underlay.ReadAttachments(directory).Count > 0;

    private void Create(CreateRequest r, AttachmentId id)
    {
        if (_options.Hybrid == HybridStorage.WriteToUnderlay && !_tree.IsClosing)
            _underlay.CreateAttachment(r, id, _options.DirectoryMode);
        else
            _ = CreateAsync(r, id);
    }

    /// <summary>In the hybrid modes the local directory is asked first: it answers at once, and no attachment is in both with other content.</summary>
    /// <returns>True when the request is answered.</returns>
    private bool TryReplyFromUnderlay(LookupRequest r, AttachmentId id)
    {
        if (_options.Hybrid == HybridStorage.None)
            return false;
        Errno error = _underlay.TryEnterAttachment(id, out FuseEntry entry);
        if (error == Errno.ENOENT)
            return false;
        if (error != Errno.None)
            r.Fail(error);
        else if (!r.Reply(entry))
            _underlay.Forget(entry.NodeId, 1);
        return true;
    }

    private async Task LookupAsync(LookupRequest r, AttachmentId id)
    {
        try
        {
            if (TryReplyFromUnderlay(r, id))
                return;
            AttachmentNode? found = await _tree.FindOrDoubtAsync(id, r.CancellationToken).ConfigureAwait(false);
            if (found is null)
            {
                r.ReplyNegative(_options.EntryTimeout);
                return;
            }

            FuseEntry entry = EntryOf(found);
            if (!r.Reply(entry))
                _nodes.Forget(entry.NodeId, 1);
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
    }

    private async Task CreateAsync(CreateRequest r, AttachmentId id)
    {
        try
        {
            AttachmentNode node = await _tree.CreateAsync(id, r.CancellationToken).ConfigureAwait(false);
            ulong handle = _files.Add(new FileHandle(node, reader: null));
            FuseEntry entry = EntryOf(node);
            if (r.Reply(entry, handle, OpenReplyFlags.None))
                return;
            _files.Remove(handle);
            _nodes.Forget(entry.NodeId, 1);
            await node.Writer!.AbortAsync("nobody waits for it any more").ConfigureAwait(false);
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
    }

    private async Task UnlinkAsync(UnlinkRequest r, AttachmentId id)
    {
        try
        {
            // From either: a copy that stayed behind would come back.
            Errno local = _options.Hybrid == HybridStorage.None ? Errno.ENOENT : _underlay.RemoveAttachment(id);
            AttachmentNode? node = local is not (Errno.None or Errno.ENOENT) ? null
                : _nodes.TryFind(id, out AttachmentNode? known) ? known
                : await _tree.FindOrDoubtAsync(id, r.CancellationToken).ConfigureAwait(false);
            if (node is null || node.IsRemoved)
            {
                if (local == Errno.None)
                    r.Reply();
                else
                    r.Fail(local);
                return;
            }

            await _tree.RemoveAsync(node, r.CancellationToken).ConfigureAwait(false);
            r.Reply();
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
    }
}
