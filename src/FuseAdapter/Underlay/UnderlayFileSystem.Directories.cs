using System.Buffers;
using FuseServer;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>Reading folders.</summary>
public sealed partial class UnderlayFileSystem
{
    private const int EntriesLength = 32 * 1024;

    /// <summary>How many times longer an entry of the kernel's answer is with attributes, for names of common length.</summary>
    private const int AttributesFactor = 4;

    /// <summary>No entry of getdents64(2) is longer.</summary>
    private const int LongestEntry = 512;

    /// <summary>What the root holds now, without hidden names, "." and "..".</summary>
    public IReadOnlyList<UnderlayDirectoryEntry> ReadRootEntries() => ReadEntries(OpenFolder(_nodes.Root), (name, _) => !_isHidden(name));

    /// <inheritdoc/>
    public override void OpenDirectory(OpenDirectoryRequest r)
    {
        int descriptor = _nodes.TryFind(r.NodeId, out UnderlayNode? node) ? OpenFolder(node) : -1;
        if (node is null)
            r.Fail(Errno.ESTALE);
        else if (descriptor < 0)
            r.Fail(Libc.LastError());
        else
            r.Reply(_files.Add(new OpenUnderlayFile(descriptor)), OpenReplyFlags.None);
    }

    /// <inheritdoc/>
    public override void ReadDirectory(ReadDirectoryRequest r)
    {
        if (!TryFindFile(r.Handle, out OpenUnderlayFile? folder))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        // No more than fits into the answer: what does not would be read again.
        int wanted = r.WithAttributes ? r.Size / AttributesFactor : r.Size;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(EntriesLength);
        Span<byte> space = buffer.AsSpan(0, Math.Clamp(wanted, LongestEntry, EntriesLength));
        int length;
        Errno error;
        lock (folder.Turn)
        {
            // The kernel's offsets are those of the file system beneath, which knows them for as long as the folder is open.
            length = Libc.Seek(folder.Descriptor, (long)r.Offset, 0) < 0 ? -1 : ReadEntries(folder.Descriptor, space);
            error = Libc.ErrorOf(length);
        }

        if (error == Errno.None)
        {
            DirectoryBuffer answer = r.CreateBuffer();
            foreach (DirectoryEntry entry in new DirectoryEntries(space[..length]))
            {
                if (!TryAdd(answer, folder, entry, r.WithAttributes))
                    break;
            }

            r.Reply(answer);
        }
        else
        {
            r.Fail(error);
        }

        space.Clear();
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <inheritdoc/>
    public override void ReleaseDirectory(ReleaseDirectoryRequest r)
    {
        if (_files.Remove(r.Handle) is { } folder)
            _ = Libc.Close(folder.Descriptor);
        r.Reply();
    }

    /// <inheritdoc/>
    public override void SynchronizeDirectory(SynchronizeDirectoryRequest r)
    {
        if (!TryFindFile(r.Handle, out OpenUnderlayFile? folder))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        InBackground(() => Libc.ErrorOf(Libc.Synchronize(folder.Descriptor)), r.Reply, error => r.Fail(error));
    }

    /// <summary>fsync of the root, which somebody else opened.</summary>
    public void SynchronizeRoot(SynchronizeDirectoryRequest r) => InBackground(
        () =>
        {
            int descriptor = OpenFolder(_nodes.Root);
            Errno error = Libc.ErrorOf(descriptor < 0 ? descriptor : Libc.Synchronize(descriptor));
            _ = Libc.Close(descriptor);
            return error;
        },
        r.Reply,
        error => r.Fail(error));

    /// <summary>Chooses entries of a folder by name and type (as in st_mode).</summary>
    private delegate bool EntryPredicate(ReadOnlySpan<byte> name, uint type);

    /// <summary>The chosen entries of an open folder, which is closed; none where it could not be opened.</summary>
    private static List<UnderlayDirectoryEntry> ReadEntries(int descriptor, EntryPredicate isWanted)
    {
        var entries = new List<UnderlayDirectoryEntry>();
        if (descriptor < 0)
            return entries;
        byte[] buffer = new byte[EntriesLength];
        int length;
        while ((length = ReadEntries(descriptor, buffer)) > 0)
        {
            foreach (DirectoryEntry entry in new DirectoryEntries(buffer.AsSpan(0, length)))
            {
                if (!entry.IsDot && isWanted(entry.Name, entry.TypeMode))
                    entries.Add(new UnderlayDirectoryEntry(entry.Name.ToArray(), entry.Inode, entry.TypeMode));
            }
        }

        _ = Libc.Close(descriptor);
        return entries;
    }

    private static int OpenFolder(UnderlayNode node) =>
        Libc.Open(Libc.DescriptorPath(node.Descriptor), Libc.ReadOnly | Libc.FolderOnly | Libc.CloseOnExec);

    private static unsafe int ReadEntries(int descriptor, Span<byte> buffer)
    {
        fixed (byte* address = buffer)
            return (int)Libc.ReadDirectory(descriptor, address, (nuint)buffer.Length);
    }

    /// <summary>
    /// With attributes where the kernel asks for them, so that a walk with stat costs no look-up for each name. An entry whose file cannot
    /// be looked up is listed without.
    /// </summary>
    private unsafe bool TryAdd(DirectoryBuffer answer, OpenUnderlayFile folder, DirectoryEntry entry, bool withAttributes)
    {
        byte* name = stackalloc byte[MaxName + 1];
        if (!withAttributes || entry.IsDot || !TryTerminate(entry.Name, new Span<byte>(name, MaxName + 1))
            || TryEnter(folder.Descriptor, name, out FuseEntry found) != Errno.None)
        {
            return answer.TryAdd(entry.Name, entry.Inode, entry.TypeMode, entry.NextOffset);
        }

        if (answer.TryAddWithAttributes(entry.Name, found, entry.NextOffset))
            return true;
        _nodes.Forget(found.NodeId, 1); // the kernel never saw this one
        return false;
    }
}
