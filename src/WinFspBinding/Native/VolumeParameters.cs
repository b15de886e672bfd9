using System.Runtime.InteropServices;

namespace WinFspBinding.Native;

// Layouts of WinFsp's x64 binary interface; sizes and offsets are asserted by the tests.

/// <summary>FSP_FSCTL_VOLUME_PARAMS, version 1: what the driver is told of a volume when it is created.</summary>
[StructLayout(LayoutKind.Explicit, Size = 504)]
internal unsafe struct VolumeParameters
{
    /// <summary>In UTF-16 units, the terminating zero included.</summary>
    public const int FileSystemNameLength = 16;

    [FieldOffset(0)]
    public ushort Version;

    /// <summary>Bytes.</summary>
    [FieldOffset(2)]
    public ushort SectorSize;

    [FieldOffset(4)]
    public ushort SectorsPerAllocationUnit;

    /// <summary>Of one name, in UTF-16 units.</summary>
    [FieldOffset(6)]
    public ushort MaxComponentLength;

    /// <summary>FILETIME.</summary>
    [FieldOffset(8)]
    public ulong VolumeCreationTime;

    [FieldOffset(16)]
    public uint VolumeSerialNumber;

    /// <summary>Milliseconds.</summary>
    [FieldOffset(24)]
    public uint IrpTimeout;

    [FieldOffset(28)]
    public uint IrpCapacity;

    /// <summary>Milliseconds for which the driver keeps what it was told of a file; also of volume, folders and security unless set apart.</summary>
    [FieldOffset(32)]
    public uint FileInfoTimeout;

    [FieldOffset(36)]
    public VolumeFlags Flags;

    [FieldOffset(40)]
    public fixed char Prefix[192];

    [FieldOffset(424)]
    public fixed char FileSystemName[FileSystemNameLength];

    [FieldOffset(456)]
    public VolumeTimeoutFlags TimeoutFlags;

    [FieldOffset(460)]
    public uint VolumeInfoTimeout;

    [FieldOffset(464)]
    public uint DirectoryInfoTimeout;

    [FieldOffset(468)]
    public uint SecurityTimeout;

    [FieldOffset(472)]
    public uint StreamInfoTimeout;

    [FieldOffset(476)]
    public uint ExtendedAttributesTimeout;
}

/// <summary>The bits of <see cref="VolumeParameters.Flags"/> that are used or asserted.</summary>
[Flags]
internal enum VolumeFlags : uint
{
    None = 0,
    CaseSensitiveSearch = 0x0000_0001,
    CasePreservedNames = 0x0000_0002,
    UnicodeOnDisk = 0x0000_0004,
    PersistentAcls = 0x0000_0008,
    ReadOnlyVolume = 0x0000_0200,
    PostCleanupWhenModifiedOnly = 0x0000_0400,
    FlushAndPurgeOnCleanup = 0x0000_4000,

    /// <summary>Callbacks get a pointer to a <see cref="FullContext"/>.</summary>
    FileContextIsFullContext = 0x0002_0000,
}

/// <summary>Which of the timeouts of their own count.</summary>
[Flags]
internal enum VolumeTimeoutFlags : uint
{
    None = 0,
    VolumeInfo = 0x01,
    DirectoryInfo = 0x02,
    Security = 0x04,
    StreamInfo = 0x08,
    ExtendedAttributes = 0x10,
}
