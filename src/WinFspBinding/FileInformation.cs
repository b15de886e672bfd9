using System.Runtime.InteropServices;

namespace WinFspBinding;

/// <summary>FSP_FSCTL_FILE_INFO: what the driver is told of a file or folder. Times are FILETIMEs, 100 ns since 1601 (UTC).</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public record struct FileInformation
{
    [field: FieldOffset(0)]
    public FileAttributes Attributes { get; set; }

    [field: FieldOffset(4)]
    public uint ReparseTag { get; set; }

    /// <summary>Bytes on the volume; a multiple of the allocation unit.</summary>
    [field: FieldOffset(8)]
    public ulong AllocationSize { get; set; }

    /// <summary>Bytes.</summary>
    [field: FieldOffset(16)]
    public ulong FileSize { get; set; }

    [field: FieldOffset(24)]
    public ulong CreationTime { get; set; }

    [field: FieldOffset(32)]
    public ulong LastAccessTime { get; set; }

    [field: FieldOffset(40)]
    public ulong LastWriteTime { get; set; }

    [field: FieldOffset(48)]
    public ulong ChangeTime { get; set; }

    /// <summary>The same number for the same file, as long as it exists.</summary>
    [field: FieldOffset(56)]
    public ulong IndexNumber { get; set; }

    /// <summary>Not used by the driver; 0.</summary>
    [field: FieldOffset(64)]
    public uint HardLinks { get; set; }

    /// <summary>Bytes of extended attributes.</summary>
    [field: FieldOffset(68)]
    public uint ExtendedAttributesSize { get; set; }
}
