using System.Runtime.InteropServices;

namespace FuseServer;

/// <summary>What stat(2) shows, in the layout of struct fuse_attr (linux/fuse.h, 88 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAttributes
{
    public ulong Inode;

    /// <summary>Bytes.</summary>
    public ulong Size;

    /// <summary>Units of 512 bytes.</summary>
    public ulong Blocks;

    /// <summary>Seconds since 1970, as all times here; the fraction is in the field named Nanoseconds.</summary>
    public ulong AccessTime;
    public ulong ModificationTime;
    public ulong ChangeTime;
    public uint AccessTimeNanoseconds;
    public uint ModificationTimeNanoseconds;
    public uint ChangeTimeNanoseconds;

    /// <summary>File type (S_IFMT) and permissions.</summary>
    public uint Mode;
    public uint LinkCount;
    public uint UserId;
    public uint GroupId;

    /// <summary>The device a special file stands for (st_rdev).</summary>
    public uint DeviceId;

    /// <summary>Preferred size of I/O in bytes (st_blksize); 0 lets the kernel take its own.</summary>
    public uint BlockSize;

    /// <summary>FUSE_ATTR_*; 0 here.</summary>
    public uint Flags;
}

/// <summary>A name's node, its attributes, and how long the kernel may use each without asking again.</summary>
public struct FuseEntry
{
    /// <summary>Chosen by the file system; 1 is the root. The kernel uses it until it has forgotten every look-up of it.</summary>
    public ulong NodeId;

    /// <summary>Makes a reused <see cref="NodeId"/> distinct from its former use.</summary>
    public ulong Generation;

    /// <summary>How long the name may be resolved without a LOOKUP; nanosecond field of the kernel, 100 ns steps here.</summary>
    public TimeSpan EntryValid;

    /// <summary>How long the attributes may be used without a GETATTR.</summary>
    public TimeSpan AttributesValid;

    public FuseAttributes Attributes;
}

/// <summary>What statfs(2) shows, in the layout of struct fuse_kstatfs (80 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FuseFileSystemStatistics
{
    /// <summary>Total size in units of <see cref="FragmentSize"/>, as the two counts that follow.</summary>
    public ulong Blocks;
    public ulong FreeBlocks;

    /// <summary>Free for users other than root.</summary>
    public ulong AvailableBlocks;
    public ulong Files;
    public ulong FreeFiles;

    /// <summary>Preferred size of I/O in bytes.</summary>
    public uint BlockSize;

    /// <summary>Longest file name in bytes.</summary>
    public uint NameLength;

    /// <summary>Unit of the block counts in bytes.</summary>
    public uint FragmentSize;
    private readonly uint _padding;
    private fixed uint _spare[6];
}
