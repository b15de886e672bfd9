using System.Runtime.InteropServices;

namespace WinFspBinding.Native;

/// <summary>
/// FSP_FILE_SYSTEM_INTERFACE: the table of callbacks, 64 slots. All are cdecl; what is null is not supported. The names are WinFsp's, so that
/// each can be found in its documentation.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64 * 8)]
internal unsafe struct FileSystemInterface
{
    [FieldOffset(0 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, VolumeInformation*, NtStatus> GetVolumeInfo;

    [FieldOffset(2 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, char*, uint*, byte*, nuint*, NtStatus> GetSecurityByName;

    [FieldOffset(3 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, char*, uint, uint, uint, byte*, ulong, FullContext*, FileInformation*, NtStatus> Create;

    [FieldOffset(4 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, char*, uint, uint, FullContext*, FileInformation*, NtStatus> Open;

    [FieldOffset(5 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, uint, byte, ulong, FileInformation*, NtStatus> Overwrite;

    [FieldOffset(6 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, char*, CleanupFlags, void> Cleanup;

    [FieldOffset(7 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, void> Close;

    [FieldOffset(8 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, byte*, ulong, uint, uint*, NtStatus> Read;

    [FieldOffset(9 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, byte*, ulong, uint, byte, byte, uint*, FileInformation*, NtStatus> Write;

    [FieldOffset(10 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, FileInformation*, NtStatus> Flush;

    [FieldOffset(11 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, FileInformation*, NtStatus> GetFileInfo;

    [FieldOffset(12 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, uint, ulong, ulong, ulong, ulong, FileInformation*, NtStatus> SetBasicInfo;

    [FieldOffset(13 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, ulong, byte, FileInformation*, NtStatus> SetFileSize;

    [FieldOffset(14 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, char*, NtStatus> CanDelete;

    [FieldOffset(15 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, char*, char*, byte, NtStatus> Rename;

    [FieldOffset(16 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, byte*, nuint*, NtStatus> GetSecurity;

    [FieldOffset(18 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, FullContext*, char*, char*, byte*, uint, uint*, NtStatus> ReadDirectory;

    [FieldOffset(32 * 8)]
    public delegate* unmanaged[Cdecl]<FileSystemObject*, byte, void> DispatcherStopped;
}

/// <summary>FspCleanup…: what a closing entails.</summary>
[Flags]
internal enum CleanupFlags : uint
{
    None = 0,
    Delete = 0x01,
    SetAllocationSize = 0x02,
    SetArchiveBit = 0x10,
    SetLastAccessTime = 0x20,
    SetLastWriteTime = 0x40,
    SetChangeTime = 0x80,
}
