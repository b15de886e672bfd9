using FuseServer;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>Reading folders: "." and "..", then what the root has from the underlay, then what the bucket holds.</summary>
public sealed partial class StorageFileSystem
{
    private const ulong DotEntries = 2;

    /// <inheritdoc/>
    public override void OpenDirectory(OpenDirectoryRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
        {
            _underlay.OpenDirectory(r);
            return;
        }

        if (!NodeTable.TryGetDirectory(r.NodeId, out HashDirectory directory))
        {
            r.Fail(Errno.ENOTDIR);
            return;
        }

        r.Reply(_directories.Add(new DirectoryHandle(_tree.OpenDirectory(directory))), OpenReplyFlags.None);
    }

    /// <inheritdoc/>
    public override void ReadDirectory(ReadDirectoryRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.ReadDirectory(r);
        else if (_directories.Find(r.Handle) is { } handle && NodeTable.TryGetDirectory(r.NodeId, out HashDirectory directory))
            _ = ReadDirectoryAsync(r, handle, directory);
        else
            r.Fail(Errno.EBADF);
    }

    /// <inheritdoc/>
    public override void ReleaseDirectory(ReleaseDirectoryRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
        {
            _underlay.ReleaseDirectory(r);
            return;
        }

        DirectoryHandle? handle = _directories.Remove(r.Handle);
        r.Reply();
        if (handle is not null)
            _ = handle.Stream.DisposeAsync().AsTask();
    }

    /// <inheritdoc/>
    public override void SynchronizeDirectory(SynchronizeDirectoryRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.SynchronizeDirectory(r);
        else if (r.NodeId == NodeTable.Root)
            _underlay.SynchronizeRoot(r);
        else
            r.Reply();
    }

    private async Task ReadDirectoryAsync(ReadDirectoryRequest r, DirectoryHandle handle, HashDirectory directory)
    {
        try
        {
            await handle.Turn.WaitAsync(r.CancellationToken).ConfigureAwait(false);
            try
            {
                if (r.Offset == 0)
                    await RewindAsync(handle, directory).ConfigureAwait(false);
                DirectoryBuffer buffer = r.CreateBuffer();
                await FillAsync(r, buffer, handle, directory).ConfigureAwait(false);
                r.Reply(buffer);
            }
            finally
            {
                handle.Turn.Release();
            }
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
    }

    /// <summary>The reader begins, or begins again and shall see what is there now.</summary>
    private async Task RewindAsync(DirectoryHandle handle, HashDirectory directory)
    {
        var entries = new List<UnderlayDirectoryEntry>();
        if (directory.Depth == 0)
            entries.AddRange(_underlay.ReadRootEntries());
        handle.Shown.Clear();
        if (_options.Hybrid != HybridStorage.None)
        {
            foreach (UnderlayDirectoryEntry local in _underlay.ReadAttachments(directory))
                entries.Add(Show(handle, directory, local));
        }

        handle.UnderlayEntries = entries;
        await handle.Stream.RewindAsync().ConfigureAwait(false);
    }

    /// <summary>A hash folder, which is the tree's also where the underlay has one, or an attachment of the underlay.</summary>
    private static UnderlayDirectoryEntry Show(DirectoryHandle handle, HashDirectory directory, UnderlayDirectoryEntry local)
    {
        if (directory.TryGetChild(local.Name.Span, out HashDirectory child))
        {
            handle.Shown.Add(new DirectoryEntry(child, default));
            return local with { Inode = NodeTable.NumberOf(child), TypeMode = DirectoryType };
        }

        if (AttachmentId.TryParse(local.Name.Span, out AttachmentId id))
            handle.Shown.Add(new DirectoryEntry(null, new AttachmentListing(id, null)));
        return local;
    }

    private async Task FillAsync(ReadDirectoryRequest r, DirectoryBuffer buffer, DirectoryHandle handle, HashDirectory directory)
    {
        ulong offset = r.Offset;
        for (; offset < DotEntries; offset++)
        {
            ReadOnlySpan<byte> name = offset == 0 ? "."u8 : ".."u8;
            if (!buffer.TryAdd(name, NodeTable.NumberOf(directory), DirectoryType, offset + 1))
                return;
        }

        ulong streamStart = DotEntries + (ulong)handle.UnderlayEntries.Count;
        for (; offset < streamStart; offset++)
        {
            UnderlayDirectoryEntry other = handle.UnderlayEntries[(int)(offset - DotEntries)];
            if (!buffer.TryAdd(other.Name.Span, other.Inode, other.TypeMode, offset + 1))
                return;
        }

        while (await handle.Stream.ReadAsync((long)(offset - streamStart), r.CancellationToken).ConfigureAwait(false) is { } entry)
        {
            DirectoryEntry bare = entry.Directory is null ? new DirectoryEntry(null, new AttachmentListing(entry.Attachment.Id, null)) : entry;
            if (!handle.Shown.Contains(bare) && !TryAdd(r, buffer, entry, offset + 1))
                return;
            offset++;
        }
    }

    /// <summary>With attributes where the listing told them, so that a walk with stat costs no look-up; without them otherwise.</summary>
    private bool TryAdd(ReadDirectoryRequest r, DirectoryBuffer buffer, DirectoryEntry entry, ulong nextOffset)
    {
        Span<byte> name = stackalloc byte[AttachmentId.TextLength];
        name = name[..entry.FormatName(name)];
        if (entry.Directory is { } directory)
        {
            return r.WithAttributes
                ? buffer.TryAddWithAttributes(name, EntryOf(directory), nextOffset)
                : buffer.TryAdd(name, NodeTable.NumberOf(directory), DirectoryType, nextOffset);
        }

        AttachmentId id = entry.Attachment.Id;
        if (!r.WithAttributes || entry.Attachment.Info is not { } info)
            return buffer.TryAdd(name, id.ToInodeNumber(), RegularType, nextOffset);
        FuseEntry found = EntryOf(new AttachmentNode(info));
        if (buffer.TryAddWithAttributes(name, found, nextOffset))
            return true;
        _nodes.Forget(found.NodeId, 1); // the kernel never saw this one
        return false;
    }
}
