using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>
/// Places for keys in whole memory pages of their own: outside the garbage collector's heap, which makes copies, never swapped out
/// (mlock(2)), in no core dump and in no child process (madvise(2)). Cleared when they are given back. Thread-safe.
/// </summary>
public static unsafe partial class SecretMemory
{
    /// <summary>Bytes of a place: the largest is the IV and the data key of one object.</summary>
    internal const int Length = 64;

    // asm-generic/mman-common.h, the same on x86-64 and arm64.
    private const int ReadWrite = 0x1 | 0x2; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x2 | 0x20; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int NotInDumps = 16; // MADV_DONTDUMP
    private const int NotInChildren = 18; // MADV_WIPEONFORK

    private static readonly Lock Turn = new();
    private static readonly Stack<nint> Free = new();
    private static string? _warning;

    /// <summary>One line when the system refuses to keep keys from being swapped out; otherwise null.</summary>
    public static string? FindWarning()
    {
        Return(Take()); // there is a page at least, which was locked or not
        return Volatile.Read(ref _warning);
    }

    /// <summary>A cleared place.</summary>
    internal static nint Take()
    {
        lock (Turn)
        {
            if (Free.Count == 0)
                AddPage();
            return Free.Pop();
        }
    }

    /// <summary>Clears a place for its next taker.</summary>
    internal static void Return(nint place)
    {
        CryptographicOperations.ZeroMemory(BytesOf(place));
        lock (Turn)
            Free.Push(place);
    }

    internal static Span<byte> BytesOf(nint place) => new((void*)place, Length);

    /// <summary>Pages are kept: as many as were ever needed at once.</summary>
    private static void AddPage()
    {
        int size = Environment.SystemPageSize;
        nint page = OperatingSystem.IsLinux() ? MapPage(size) : (nint)NativeMemory.AllocZeroed((nuint)size);
        for (nint place = page + size - Length; place >= page; place -= Length)
            Free.Push(place);
    }

    private static nint MapPage(int size)
    {
        nint page = Map(0, (nuint)size, ReadWrite, PrivateAnonymous, -1, 0);
        if (page == -1)
            throw new CryptographicException($"no memory for a key: {Marshal.GetLastPInvokeErrorMessage()}");
        if (LockInMemory(page, (nuint)size) != 0)
        {
            Volatile.Write(ref _warning, "keys cannot be kept from being swapped out: "
                + $"{Marshal.GetLastPInvokeErrorMessage()}; allow some locked memory (LimitMEMLOCK= of the service, 'ulimit -l')");
        }

        _ = Advise(page, (nuint)size, NotInDumps);
        _ = Advise(page, (nuint)size, NotInChildren);
        return page;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
    private static partial int LockInMemory(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(nint address, nuint length, int advice);
}
