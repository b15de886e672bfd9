using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests.Stub;

/// <summary>The stub's own functions (tests/WinFspStub/client.c): what programs do, and what the driver makes of it.</summary>
internal static unsafe partial class StubDriver
{
    private const string Library = "winfsp-x64.dll";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubOpen(
        string mountPoint, string path, uint disposition, uint options, uint access, uint share, nint* opened, FileInformation* information);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void StubCleanup(nint opening);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void StubClose(nint opening);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void StubForget(nint opening);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubRead(nint opening, byte* into, uint length, ulong offset, uint* transferred);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubWrite(
        nint opening, byte* from, uint length, ulong offset, int constrained, uint* transferred, FileInformation* information);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubFlush(nint opening);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubFlushVolume(string mountPoint);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubGetInfo(nint opening, FileInformation* information);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubSetSize(nint opening, ulong size, int isAllocationSize, FileInformation* information);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubSetTimes(nint opening, ulong lastWriteTime, FileInformation* information);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubDelete(nint opening);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubRename(nint opening, string newPath, int replace);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubReadDirectory(nint opening, byte* into, uint length, string? marker, uint* transferred);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubGetSecurity(nint opening, byte* into, uint length, uint* needed);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NtStatus StubVolumeInfo(string mountPoint, VolumeInformation* information);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial uint StubDeferred(string mountPoint);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial uint StubMostBusy(string mountPoint);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void StubTakeAway(string mountPoint);
}
