using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>
/// Memory pages that the operating system keeps to itself: never swapped out (mlock(2), VirtualLock), in no core dump or error report, and
/// in no child process (madvise(2)), which Windows has none of.
/// </summary>
internal static unsafe partial class SecretPages
{
    // asm-generic/mman-common.h, the same on x86-64 and arm64.
    private const int ReadWrite = 0x1 | 0x2; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x2 | 0x20; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int NotInDumps = 16; // MADV_DONTDUMP
    private const int NotInChildren = 18; // MADV_WIPEONFORK

    // memoryapi.h, winnt.h
    private const uint CommitAndReserve = 0x1000 | 0x2000; // MEM_COMMIT | MEM_RESERVE
    private const uint PageReadWrite = 0x4; // PAGE_READWRITE

    /// <summary>Pages of zeros, which are never given back.</summary>
    /// <param name="size">A multiple of the page's.</param>
    /// <param name="warning">One line when the system refuses to keep them from being swapped out; otherwise null.</param>
    /// <exception cref="CryptographicException">There is no memory.</exception>
    public static nint Allocate(int size, out string? warning)
    {
        if (OperatingSystem.IsLinux())
            return Map(size, out warning);
        if (OperatingSystem.IsWindows())
            return AllocateOnWindows(size, out warning);
        warning = "keys cannot be kept from being swapped out on this system";
        return (nint)NativeMemory.AllocZeroed((nuint)size);
    }

    private static nint Map(int size, out string? warning)
    {
        nint page = Map(0, (nuint)size, ReadWrite, PrivateAnonymous, -1, 0);
        if (page == -1)
            throw new CryptographicException($"no memory for a key: {Marshal.GetLastPInvokeErrorMessage()}");
        warning = LockInMemory(page, (nuint)size) == 0
            ? null
            : "keys cannot be kept from being swapped out: "
                + $"{Marshal.GetLastPInvokeErrorMessage()}; allow some locked memory (LimitMEMLOCK= of the service, 'ulimit -l')";
        _ = Advise(page, (nuint)size, NotInDumps);
        _ = Advise(page, (nuint)size, NotInChildren);
        return page;
    }

    [SupportedOSPlatform("windows")]
    private static nint AllocateOnWindows(int size, out string? warning)
    {
        nint page = VirtualAlloc(0, (nuint)size, CommitAndReserve, PageReadWrite);
        if (page == 0)
            throw new CryptographicException($"no memory for a key: {Marshal.GetLastPInvokeErrorMessage()}");
        warning = VirtualLock(page, (nuint)size) != 0
            ? null
            : $"keys cannot be kept from being swapped out: {Marshal.GetLastPInvokeErrorMessage()}";
        LeaveOutOfErrorReports(page, size);
        return page;
    }

    /// <summary>Windows 10 1703 and later can; it makes no difference to dumps that an administrator asks for.</summary>
    private static void LeaveOutOfErrorReports(nint page, int size)
    {
        if (NativeLibrary.TryLoad("kernel32.dll", out nint kernel)
            && NativeLibrary.TryGetExport(kernel, "WerRegisterExcludedMemoryBlock", out nint exclude))
        {
            _ = ((delegate* unmanaged<nint, uint, int>)exclude)(page, (uint)size);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
    private static partial int LockInMemory(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc", SetLastError = true)]
    private static partial nint VirtualAlloc(nint address, nuint size, uint allocationType, uint protection);

    [LibraryImport("kernel32", EntryPoint = "VirtualLock", SetLastError = true)]
    private static partial int VirtualLock(nint address, nuint size);
}
