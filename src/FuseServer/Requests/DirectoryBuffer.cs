using System.Buffers;
using System.Runtime.InteropServices;
using FuseServer.Protocol;

namespace FuseServer;

/// <summary>
/// Collects directory entries in the kernel's layout (struct fuse_dirent and fuse_direntplus) up to the size the kernel asked for.
/// Owned by its request: valid until the answer, also across awaits. One thread at a time.
/// </summary>
public sealed unsafe class DirectoryBuffer
{
    private byte[] _bytes = [];
    private int _capacity;
    private int _length;
    private bool _withAttributes;

    internal DirectoryBuffer()
    {
    }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>True as long as nothing was added.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Adds an entry with its name and type only, in a listing of either kind; it counts as no look-up.</summary>
    /// <param name="name">UTF-8 without a NUL.</param>
    /// <param name="inode">As stat(2) shows it; must not be 0.</param>
    /// <param name="typeMode">A mode of which the file type (S_IFMT) counts.</param>
    /// <param name="nextOffset">Where a listing that ends with this entry goes on.</param>
    /// <returns>False when the entry does not fit: answer with what is there.</returns>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong inode, uint typeMode, ulong nextOffset)
    {
        // In a listing with attributes every record has room for them; a node id of 0 says that they are not given.
        int attributes = _withAttributes ? sizeof(EntryOut) : 0;
        if (!TryReserve(attributes + sizeof(DirectoryEntry), name, out Span<byte> record))
            return false;
        record[..attributes].Clear();
        return Put(record[attributes..], name, inode, typeMode, nextOffset);
    }

    /// <summary>
    /// Adds an entry with attributes, in a listing of that kind. It counts as one look-up of the node, except for "." and "..", and
    /// except for a <see cref="FuseEntry.NodeId"/> of 0, by which the kernel gets the name and type only.
    /// </summary>
    /// <returns>False when the entry does not fit: answer with what is there, and undo the look-up.</returns>
    public bool TryAddWithAttributes(ReadOnlySpan<byte> name, in FuseEntry entry, ulong nextOffset)
    {
        if (!TryReserve(sizeof(EntryOut) + sizeof(DirectoryEntry), name, out Span<byte> record))
            return false;
        MemoryMarshal.Write(record, new EntryOut(entry));
        return Put(record[sizeof(EntryOut)..], name, entry.Attributes.Inode, entry.Attributes.Mode, nextOffset);
    }

    internal void Open(int capacity, bool withAttributes)
    {
        _withAttributes = withAttributes;
        if (_bytes.Length < capacity)
        {
            Return();
            _bytes = ArrayPool<byte>.Shared.Rent(capacity);
        }
        _capacity = capacity;
        _length = 0;
    }

    /// <summary>Names tell about patients too: they are cleared. A large array goes back to its pool.</summary>
    internal void Close()
    {
        _bytes.AsSpan(0, _length).Clear();
        _length = 0;
        if (_bytes.Length > 16 << 10)
            Return();
    }

    private static bool Put(Span<byte> record, ReadOnlySpan<byte> name, ulong inode, uint typeMode, ulong nextOffset)
    {
        const uint FileTypeShift = 12; // S_IFMT to the DT_ values of readdir(3)
        MemoryMarshal.Write(record, new DirectoryEntry
        {
            Inode = inode,
            NextOffset = nextOffset,
            NameLength = (uint)name.Length,
            Type = (typeMode >> (int)FileTypeShift) & 0xF,
        });
        name.CopyTo(record[sizeof(DirectoryEntry)..]);
        record[(sizeof(DirectoryEntry) + name.Length)..].Clear();
        return true;
    }

    private bool TryReserve(int fixedSize, ReadOnlySpan<byte> name, out Span<byte> record)
    {
        int size = (fixedSize + name.Length + 7) & ~7;
        if (size > _capacity - _length)
        {
            record = default;
            return false;
        }
        record = _bytes.AsSpan(_length, size);
        _length += size;
        return true;
    }

    private void Return()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}
