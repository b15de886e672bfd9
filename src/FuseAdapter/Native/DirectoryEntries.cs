using System.Buffers.Binary;

namespace OrthancCloudFs.FuseAdapter.Native;

/// <summary>One struct linux_dirent64; valid as long as the bytes that it was read from.</summary>
internal readonly ref struct DirectoryEntry(ReadOnlySpan<byte> name, ulong inode, uint typeMode, ulong nextOffset)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>d_ino.</summary>
    public ulong Inode => inode;

    /// <summary>The type as in st_mode; 0 where the file system does not tell.</summary>
    public uint TypeMode => typeMode;

    /// <summary>Where reading goes on after this entry.</summary>
    public ulong NextOffset => nextOffset;

    /// <summary>The folder itself or its parent.</summary>
    public bool IsDot => Name.SequenceEqual("."u8) || Name.SequenceEqual(".."u8);
}

/// <summary>The entries of one answer of getdents64(2).</summary>
internal ref struct DirectoryEntries(ReadOnlySpan<byte> answer)
{
    // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name.
    private const int OffsetAt = 8;
    private const int LengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;
    private const int TypeShift = 12; // DT_* to S_IFMT

    private ReadOnlySpan<byte> _rest = answer;

    public DirectoryEntry Current { get; private set; }

    public readonly DirectoryEntries GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[LengthAt..]);
        ReadOnlySpan<byte> entry = _rest[..length];
        _rest = _rest[length..];
        ReadOnlySpan<byte> name = entry[NameAt..];
        Current = new DirectoryEntry(
            name[..name.IndexOf((byte)0)],
            BinaryPrimitives.ReadUInt64LittleEndian(entry),
            (uint)entry[TypeAt] << TypeShift,
            BinaryPrimitives.ReadUInt64LittleEndian(entry[OffsetAt..]));
        return true;
    }
}
