using System.Security.Cryptography;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>
/// Places for keys in whole memory pages of their own: outside the garbage collector's heap, which makes copies, and as
/// <see cref="SecretPages"/> has them. Cleared when they are given back. Thread-safe.
/// </summary>
public static unsafe class SecretMemory
{
    /// <summary>Bytes of a place: the largest is the IV and the data key of one object.</summary>
    internal const int Length = 64;

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
        nint page = SecretPages.Allocate(size, out string? warning);
        if (warning is not null)
            Volatile.Write(ref _warning, warning);
        for (nint place = page + size - Length; place >= page; place -= Length)
            Free.Push(place);
    }
}
