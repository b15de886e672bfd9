using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WinFspBinding.Native;

/// <summary>
/// What the driver's library calls. Each finds its volume by the user context of the file system, and lets no exception across: that would end
/// the process.
/// </summary>
internal static unsafe class Callbacks
{
    /// <summary>The table for <see cref="NativeMethods.FspFileSystemCreate"/>; must live as long as the file system.</summary>
    public static FileSystemInterface Table => new()
    {
        GetVolumeInfo = &GetVolumeInfo,
        GetSecurityByName = &GetSecurityByName,
        Create = &Create,
        Open = &Open,
        Overwrite = &Overwrite,
        Cleanup = &Cleanup,
        Close = &Close,
        Read = &Read,
        Write = &Write,
        Flush = &Flush,
        GetFileInfo = &GetFileInfo,
        SetBasicInfo = &SetBasicInfo,
        SetFileSize = &SetFileSize,
        CanDelete = &CanDelete,
        Rename = &Rename,
        GetSecurity = &GetSecurity,
        ReadDirectory = &ReadDirectory,
        DispatcherStopped = &DispatcherStopped,
    };

    private const uint InvalidAttributes = uint.MaxValue; // INVALID_FILE_ATTRIBUTES

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus GetVolumeInfo(FileSystemObject* fileSystem, VolumeInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.GetVolumeInfo);
        try
        {
            return volume.FileSystem.GetVolumeInformation(out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus GetSecurityByName(FileSystemObject* fileSystem, char* path, uint* attributes, byte* security, nuint* securityLength)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.GetSecurityByName);
        try
        {
            NtStatus status = volume.FileSystem.GetSecurityByName(Text(path), out FileAttributes found, out ReadOnlySpan<byte> descriptor);
            if (status != NtStatus.Success)
                return status;
            if (attributes != null)
                *attributes = (uint)found;
            return CopySecurity(descriptor, security, securityLength);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Create(
        FileSystemObject* fileSystem,
        char* path,
        uint options,
        uint access,
        uint attributes,
        byte* security,
        ulong allocationSize,
        FullContext* context,
        FileInformation* information)
    {
        _ = security; // folders and files have the owner that the volume has
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Create);
        try
        {
            var parameters = new OpenParameters((CreateOptions)options, access, (FileAttributes)attributes, allocationSize);
            return volume.FileSystem.Create(Text(path), parameters, out context->UserContext2, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Open(
        FileSystemObject* fileSystem, char* path, uint options, uint access, FullContext* context, FileInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Open);
        try
        {
            var parameters = new OpenParameters((CreateOptions)options, access, default, 0);
            return volume.FileSystem.Open(Text(path), parameters, out context->UserContext2, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Overwrite(
        FileSystemObject* fileSystem, FullContext* context, uint attributes, byte replaceAttributes, ulong allocationSize, FileInformation* information)
    {
        _ = (attributes, replaceAttributes, allocationSize);
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Overwrite);
        try
        {
            return volume.FileSystem.Overwrite(context->UserContext2, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Cleanup(FileSystemObject* fileSystem, FullContext* context, char* path, CleanupFlags flags)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Cleanup);
        try
        {
            volume.FileSystem.Cleanup(context->UserContext2, Text(path), flags.HasFlag(CleanupFlags.Delete));
        }
        catch (Exception e)
        {
            volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Close(FileSystemObject* fileSystem, FullContext* context)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Close);
        try
        {
            volume.FileSystem.Close(context->UserContext2);
        }
        catch (Exception e)
        {
            volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Read(
        FileSystemObject* fileSystem, FullContext* context, byte* buffer, ulong offset, uint length, uint* transferred)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Read);
        try
        {
            return volume.FileSystem.Read(context->UserContext2, new ReadRequest(volume.Replies, buffer, offset, length), out *transferred);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Write(
        FileSystemObject* fileSystem,
        FullContext* context,
        byte* data,
        ulong offset,
        uint length,
        byte toEnd,
        byte constrained,
        uint* transferred,
        FileInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Write);
        try
        {
            bool isAppend = toEnd != 0 || offset == ulong.MaxValue;
            var request = new WriteRequest(volume.Replies, data, offset, length, isAppend, constrained != 0);
            return volume.FileSystem.Write(context->UserContext2, request, out *transferred, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Flush(FileSystemObject* fileSystem, FullContext* context, FileInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Flush);
        try
        {
            return context == null
                ? volume.FileSystem.FlushVolume()
                : volume.FileSystem.Flush(context->UserContext2, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus GetFileInfo(FileSystemObject* fileSystem, FullContext* context, FileInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.GetFileInfo);
        try
        {
            return volume.FileSystem.GetInformation(context->UserContext2, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus SetBasicInfo(
        FileSystemObject* fileSystem,
        FullContext* context,
        uint attributes,
        ulong creationTime,
        ulong lastAccessTime,
        ulong lastWriteTime,
        ulong changeTime,
        FileInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.SetBasicInfo);
        try
        {
            FileAttributes? change = attributes == InvalidAttributes ? null : (FileAttributes)attributes;
            return volume.FileSystem.SetBasicInformation(
                context->UserContext2,
                new BasicInformation(change, creationTime, lastAccessTime, lastWriteTime, changeTime),
                out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus SetFileSize(
        FileSystemObject* fileSystem, FullContext* context, ulong size, byte isAllocationSize, FileInformation* information)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.SetFileSize);
        try
        {
            return volume.FileSystem.SetSize(context->UserContext2, size, isAllocationSize != 0, out *information);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus CanDelete(FileSystemObject* fileSystem, FullContext* context, char* path)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.CanDelete);
        try
        {
            return volume.FileSystem.CanDelete(context->UserContext2, Text(path));
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus Rename(FileSystemObject* fileSystem, FullContext* context, char* path, char* newPath, byte replaceIfExists)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.Rename);
        try
        {
            return volume.FileSystem.Rename(context->UserContext2, Text(path), Text(newPath), replaceIfExists != 0);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus GetSecurity(FileSystemObject* fileSystem, FullContext* context, byte* security, nuint* securityLength)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.GetSecurity);
        try
        {
            NtStatus status = volume.FileSystem.GetSecurity(context->UserContext2, out ReadOnlySpan<byte> descriptor);
            return status == NtStatus.Success ? CopySecurity(descriptor, security, securityLength) : status;
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static NtStatus ReadDirectory(
        FileSystemObject* fileSystem, FullContext* context, char* pattern, char* marker, byte* buffer, uint length, uint* transferred)
    {
        _ = pattern; // the driver filters
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        using OperationScope scope = volume.Counters.Begin(VolumeOperation.ReadDirectory);
        try
        {
            return volume.FileSystem.ReadDirectory(
                context->UserContext2, new ReadDirectoryRequest(volume.Replies, buffer, length, marker), out *transferred);
        }
        catch (Exception e)
        {
            return volume.Failed(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void DispatcherStopped(FileSystemObject* fileSystem, byte normally)
    {
        WinFspVolume volume = WinFspVolume.Of(fileSystem);
        try
        {
            volume.DispatcherStopped(normally != 0);
        }
        catch (Exception e)
        {
            volume.Failed(e);
        }
    }

    private static ReadOnlySpan<char> Text(char* zeroTerminated) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(zeroTerminated);

    /// <summary>A caller without a buffer asks only for the rest; one with too small a buffer is told how much it takes.</summary>
    private static NtStatus CopySecurity(ReadOnlySpan<byte> descriptor, byte* buffer, nuint* length)
    {
        if (length == null)
            return NtStatus.Success;
        nuint room = *length;
        *length = (nuint)descriptor.Length;
        if (room < (nuint)descriptor.Length)
            return NtStatus.BufferOverflow;
        if (buffer != null)
            descriptor.CopyTo(new Span<byte>(buffer, descriptor.Length));
        return NtStatus.Success;
    }
}
