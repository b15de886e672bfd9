using System.Runtime.InteropServices;

namespace FuseServer;

/// <summary>What stat shows of a node: struct fuse_attr of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAttributes
{
    /// <summary>st_ino.</summary>
    public ulong Inode;

    /// <summary>In bytes.</summary>
    public ulong Size;

    /// <summary>In units of 512 bytes.</summary>
    public ulong Blocks;

    /// <summary>Seconds since 1970.</summary>
    public ulong AccessTime;

    /// <summary>Seconds since 1970.</summary>
    public ulong ModificationTime;

    /// <summary>Seconds since 1970.</summary>
    public ulong ChangeTime;

    /// <summary>The rest of <see cref="AccessTime"/>.</summary>
    public uint AccessTimeNanoseconds;

    /// <summary>The rest of <see cref="ModificationTime"/>.</summary>
    public uint ModificationTimeNanoseconds;

    /// <summary>The rest of <see cref="ChangeTime"/>.</summary>
    public uint ChangeTimeNanoseconds;

    /// <summary>Type (S_IFMT) and permission bits.</summary>
    public uint Mode;

    /// <summary>Hard links.</summary>
    public uint LinkCount;

    /// <summary>Owner.</summary>
    public uint UserId;

    /// <summary>Group.</summary>
    public uint GroupId;

    /// <summary>st_rdev of a device node.</summary>
    public uint DeviceId;

    /// <summary>st_blksize: the size in which programs are advised to read and write.</summary>
    public uint BlockSize;

    /// <summary>FUSE_ATTR_*.</summary>
    public uint Flags;
}

/// <summary>A name's node, what stat shows of it, and how long the kernel may rely on both without asking.</summary>
public struct FuseEntry
{
    /// <summary>The file system's number for the node, never 0.</summary>
    public ulong NodeId { get; set; }

    /// <summary>Changes when a number is used again for another node.</summary>
    public ulong Generation { get; set; }

    /// <summary>How long the name stays valid.</summary>
    public TimeSpan EntryValid { get; set; }

    /// <summary>How long the attributes stay valid.</summary>
    public TimeSpan AttributesValid { get; set; }

    /// <summary>What stat shows.</summary>
    public FuseAttributes Attributes { get; set; }

    internal readonly Abi.EntryOut ToAbi() => new()
    {
        NodeId = NodeId,
        Generation = Generation,
        EntryValidSeconds = (ulong)EntryValid.TotalSeconds,
        EntryValidNanoseconds = NanosecondsOf(EntryValid),
        AttributesValidSeconds = (ulong)AttributesValid.TotalSeconds,
        AttributesValidNanoseconds = NanosecondsOf(AttributesValid),
        Attributes = Attributes,
    };

    internal static uint NanosecondsOf(TimeSpan time) => (uint)(time.Ticks % TimeSpan.TicksPerSecond * 100);
}

/// <summary>What statfs shows: struct fuse_kstatfs of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFileSystemStatistics
{
    /// <summary>Total, in units of <see cref="FragmentSize"/>.</summary>
    public ulong Blocks;

    /// <summary>Free, in units of <see cref="FragmentSize"/>.</summary>
    public ulong FreeBlocks;

    /// <summary>Free for unprivileged users, in units of <see cref="FragmentSize"/>.</summary>
    public ulong AvailableBlocks;

    /// <summary>Inodes in all.</summary>
    public ulong Files;

    /// <summary>Free inodes.</summary>
    public ulong FreeFiles;

    /// <summary>Advised transfer size, in bytes.</summary>
    public uint BlockSize;

    /// <summary>Longest name, in bytes.</summary>
    public uint NameLength;

    /// <summary>In bytes.</summary>
    public uint FragmentSize;

    private readonly uint _padding;
    private readonly ulong _spare1;
    private readonly ulong _spare2;
    private readonly ulong _spare3;
}
