using System.Runtime.InteropServices;

namespace OrthancCloudFs.FuseAdapter.Native;

/// <summary>struct statx of statx(2): one layout on every architecture, unlike struct stat.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StatX
{
    /// <summary>STATX_BASIC_STATS.</summary>
    public const uint BasicStatistics = 0x7FF;

    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint LinkCount;
    public uint UserId;
    public uint GroupId;
    public ushort Mode;
    private readonly ushort _spare0;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public Timestamp AccessTime;
    public Timestamp BirthTime;
    public Timestamp ChangeTime;
    public Timestamp ModificationTime;
    public uint DeviceIdMajor;
    public uint DeviceIdMinor;
    public uint DeviceMajor;
    public uint DeviceMinor;
    private unsafe fixed ulong _spare2[14];

    /// <summary>struct statx_timestamp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Timestamp
    {
        public long Seconds;
        public uint Nanoseconds;
        private readonly int _reserved;
    }
}

/// <summary>struct timespec of a 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    /// <summary>UTIME_NOW.</summary>
    public const long Now = (1 << 30) - 1;

    /// <summary>UTIME_OMIT.</summary>
    public const long Omit = (1 << 30) - 2;

    public long Seconds;
    public long Nanoseconds;
}

/// <summary>struct statfs of a 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StatFs
{
    public long Type;
    public long BlockSize;
    public ulong Blocks;
    public ulong FreeBlocks;
    public ulong AvailableBlocks;
    public ulong Files;
    public ulong FreeFiles;
    public ulong FileSystemId;
    public long NameLength;
    public long FragmentSize;
    public long Flags;
    private unsafe fixed long _spare[4];
}
