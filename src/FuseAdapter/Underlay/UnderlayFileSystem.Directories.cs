using System.Buffers.Binary;
using FuseServer;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>Reading folders.</summary>
public sealed partial class UnderlayFileSystem
{
    private const int EntriesLength = 32 * 1024;
    private const int TypeShift = 12; // DT_* to S_IFMT

    /// <summary>What the root holds now, without hidden names, "." and "..".</summary>
    public IReadOnlyList<UnderlayDirectoryEntry> ReadRootEntries()
    {
        var entries = new List<UnderlayDirectoryEntry>();
        int descriptor = OpenFolder(_nodes.Root);
        if (descriptor < 0)
            return entries;
        byte[] buffer = new byte[EntriesLength];
        int length;
        while ((length = ReadEntries(descriptor, buffer)) > 0)
        {
            foreach (RawEntry entry in new RawEntries(buffer.AsMemory(0, length)))
            {
                if (!entry.IsDot && !_isHidden(entry.Name.Span))
                    entries.Add(new UnderlayDirectoryEntry(entry.Name.ToArray(), entry.Inode, entry.TypeMode));
            }
        }

        _ = Libc.Close(descriptor);
        return entries;
    }

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

        DirectoryBuffer answer = r.CreateBuffer();
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(EntriesLength);
        int length;
        lock (folder.Turn)
        {
            // The kernel's offsets are those of the file system beneath, which knows them for as long as the folder is open.
            _ = Libc.Seek(folder.Descriptor, (long)r.Offset, 0);
            length = ReadEntries(folder.Descriptor, buffer.AsSpan(0, EntriesLength));
        }

        if (length < 0)
        {
            r.Fail(Libc.LastError());
        }
        else
        {
            foreach (RawEntry entry in new RawEntries(buffer.AsMemory(0, length)))
            {
                if (!answer.TryAdd(entry.Name.Span, entry.Inode, entry.TypeMode, entry.NextOffset))
                    break;
            }

            r.Reply(answer);
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
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

        InBackground(() => Libc.ErrorOf(Libc.Synchronize(folder.Descriptor)), r.Reply, r.Fail);
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
        r.Fail);

    private static int OpenFolder(UnderlayNode node) =>
        Libc.Open(Libc.DescriptorPath(node.Descriptor), Libc.ReadOnly | Libc.FolderOnly | Libc.CloseOnExec);

    private static unsafe int ReadEntries(int descriptor, Span<byte> buffer)
    {
        fixed (byte* address = buffer)
            return (int)Libc.ReadDirectory(descriptor, address, (nuint)buffer.Length);
    }

    /// <summary>One struct linux_dirent64 of getdents64(2).</summary>
    private readonly record struct RawEntry(ReadOnlyMemory<byte> Name, ulong Inode, uint TypeMode, ulong NextOffset)
    {
        public bool IsDot => Name.Span.SequenceEqual("."u8) || Name.Span.SequenceEqual(".."u8);
    }

    /// <summary>The entries of one answer of getdents64(2).</summary>
    private readonly struct RawEntries(ReadOnlyMemory<byte> entries)
    {
        private const int OffsetAt = 8;
        private const int LengthAt = 16;
        private const int TypeAt = 18;
        private const int NameAt = 19;

        public IEnumerator<RawEntry> GetEnumerator()
        {
            for (ReadOnlyMemory<byte> rest = entries; rest.Length > NameAt;)
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(rest.Span[LengthAt..]);
                yield return Parse(rest[..length]);
                rest = rest[length..];
            }
        }

        private static RawEntry Parse(ReadOnlyMemory<byte> entry)
        {
            ReadOnlySpan<byte> bytes = entry.Span;
            int nameLength = bytes[NameAt..].IndexOf((byte)0);
            return new RawEntry(
                entry.Slice(NameAt, nameLength),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes),
                (uint)bytes[TypeAt] << TypeShift,
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[OffsetAt..]));
        }
    }
}
