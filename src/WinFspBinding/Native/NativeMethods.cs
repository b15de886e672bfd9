using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WinFspBinding.Native;

/// <summary>The functions of winfsp-x64.dll that a file system needs. <see cref="WinFspLibrary"/> has loaded it before.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(WinFspLibrary.Name, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus FspFileSystemPreflight(string devicePath, string? mountPoint);

    [LibraryImport(WinFspLibrary.Name, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus FspFileSystemCreate(
        string devicePath, VolumeParameters* parameters, FileSystemInterface* callbacks, FileSystemObject** fileSystem);

    [LibraryImport(WinFspLibrary.Name, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus FspFileSystemSetMountPointEx(FileSystemObject* fileSystem, string? mountPoint, void* securityDescriptor);

    [LibraryImport(WinFspLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus FspFileSystemStartDispatcher(FileSystemObject* fileSystem, uint threadCount);

    [LibraryImport(WinFspLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void FspFileSystemStopDispatcher(FileSystemObject* fileSystem);

    [LibraryImport(WinFspLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void FspFileSystemDelete(FileSystemObject* fileSystem);

    [LibraryImport(WinFspLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [SuppressGCTransition]
    public static partial OperationContext* FspFileSystemGetOperationContext();

    [LibraryImport(WinFspLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void FspFileSystemSendResponse(FileSystemObject* fileSystem, TransactResponse* response);

    /// <summary>Appends an entry to a listing, or its end when <paramref name="entry"/> is null; false when there is no room.</summary>
    [LibraryImport(WinFspLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte FspFileSystemAddDirInfo(DirectoryInformation* entry, byte* buffer, uint length, uint* bytesTransferred);
}
