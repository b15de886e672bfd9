using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>
/// The operating system's cryptographic randomness. On Linux <see cref="RandomNumberGenerator"/> goes through OpenSSL and ends
/// the process where that is not installed, so the kernel is asked itself there; that is quicker too.
/// </summary>
internal static partial class SystemRandom
{
    /// <summary>Fills <paramref name="destination"/>, or throws; never returns with a part unfilled.</summary>
    public static unsafe void Fill(Span<byte> destination)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomNumberGenerator.Fill(destination);
            return;
        }

        while (destination.Length > 0)
        {
            nint count;
            fixed (byte* pointer = destination)
                count = GetRandom(pointer, (nuint)destination.Length, 0);

            if (count > 0)
                destination = destination[(int)count..];
            else if (Marshal.GetLastPInvokeError() != InterruptedError)
                throw new CryptographicException($"getrandom: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>EINTR, the same number on every Linux.</summary>
    private const int InterruptedError = 4;

    /// <summary>getrandom(2) without flags: waits until the kernel's generator has been seeded.</summary>
    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static unsafe partial nint GetRandom(byte* buffer, nuint length, uint flags);
}
