using System.Buffers;
using System.Runtime.InteropServices;
using FuseServer.Abi;

namespace FuseServer;

/// <summary>Entries of a folder in the kernel's form (struct fuse_dirent, struct fuse_direntplus), as many as there is room for.</summary>
public sealed class DirectoryBuffer
{
    private const int TypeShift = 12; // S_IFMT to DT_*

    private readonly bool _withAttributes;
    private readonly int _capacity;
    private byte[] _bytes;
    private int _length;

    private DirectoryBuffer(int capacity, bool withAttributes)
    {
        (_capacity, _withAttributes) = (capacity, withAttributes);
        _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Adds an entry without attributes: the kernel looks the name up when it needs them.</summary>
    /// <param name="name">In UTF-8 by convention.</param>
    /// <param name="inode">d_ino.</param>
    /// <param name="typeMode">The type as in st_mode (S_IFMT).</param>
    /// <param name="nextOffset">Where to go on after this entry.</param>
    /// <returns>False when there is no room for it.</returns>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong inode, uint typeMode, ulong nextOffset) =>
        TryAdd(name, default, inode, typeMode, nextOffset);

    /// <summary>Adds an entry that also answers a look-up: when this returns true, the kernel holds a reference to the node.</summary>
    /// <returns>False when there is no room for it.</returns>
    public bool TryAddWithAttributes(ReadOnlySpan<byte> name, in FuseEntry entry, ulong nextOffset) =>
        TryAdd(name, entry.ToAbi(), entry.Attributes.Inode, entry.Attributes.Mode, nextOffset);

    internal static DirectoryBuffer Rent(int capacity, bool withAttributes) => new(capacity, withAttributes);

    internal void Return()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }

    private unsafe bool TryAdd(ReadOnlySpan<byte> name, in EntryOut entry, ulong inode, uint typeMode, ulong nextOffset)
    {
        int fixedLength = (_withAttributes ? sizeof(EntryOut) : 0) + sizeof(DirEnt);
        int padded = (fixedLength + name.Length + 7) & ~7;
        if (_length + padded > _capacity)
            return false;
        Span<byte> space = _bytes.AsSpan(_length, padded);
        space.Clear();
        if (_withAttributes)
        {
            MemoryMarshal.Write(space, in entry);
            space = space[sizeof(EntryOut)..];
        }

        var head = new DirEnt { Inode = inode, NextOffset = nextOffset, NameLength = (uint)name.Length, Type = (typeMode >> TypeShift) & 15 };
        MemoryMarshal.Write(space, in head);
        name.CopyTo(space[sizeof(DirEnt)..]);
        _length += padded;
        return true;
    }
}
