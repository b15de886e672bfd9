using FuseServer.Abi;

namespace FuseServer.Session;

/// <summary>The answer to INIT: the one place that decides what kernel and server use of the protocol.</summary>
internal static class Negotiation
{
    /// <summary>The protocol of kernel 5.10, the oldest that is served.</summary>
    public const uint OldestMinor = 31;

    /// <summary>The newest protocol whose structures this library knows.</summary>
    public const uint NewestMinor = 45;

    private const uint Major = 7;

    /// <summary>FOPEN_NOFLUSH appeared in 7.35.</summary>
    private const uint NoFlushMinor = 35;

    private const int PageBytes = 4096;

    // Bits of linux/fuse.h, FUSE_INIT flags; flags above 31 travel in flags2.
    private const ulong AsyncRead = 1 << 0; // several READs of a file at once
    private const ulong AtomicTruncate = 1 << 3; // O_TRUNC arrives with OPEN instead of as a SETATTR
    private const ulong BigWrites = 1 << 5; // WRITEs larger than a page
    private const ulong DoReadDirPlus = 1 << 13; // folders are read with attributes ...
    private const ulong ReadDirPlusAuto = 1 << 14; // ... but only when the reader also asks for them
    private const ulong AsyncDirectIo = 1 << 15; // direct reads of one call go out together
    private const ulong WritebackCache = 1 << 16; // see FuseOptions.WritebackCache
    private const ulong ParallelDirOps = 1 << 18; // look-ups in one folder do not wait for each other
    private const ulong MaxPages = 1 << 22; // requests of more than 128 KiB
    private const ulong CacheSymlinks = 1 << 23; // link targets are read once
    private const ulong HandleKillPrivV2 = 1 << 28; // no GETXATTR for set-user-id bits before each write
    private const ulong InitExtended = 1 << 30; // flags2 exists
    private const ulong DirectIoAllowMmap = 1UL << 36; // shared mappings of files opened with direct I/O

    // Left out on purpose: POSIX_LOCKS and FLOCK_LOCKS (the kernel's own locks are right for one host and cost nothing), AUTO_INVAL_DATA
    // (with the writeback cache the kernel knows best), NO_OPEN_SUPPORT (opens carry errors), PASSTHROUGH (excludes writeback), SPLICE_*.
    private const ulong Wanted = AsyncRead | AtomicTruncate | BigWrites | DoReadDirPlus | ReadDirPlusAuto | AsyncDirectIo | ParallelDirOps
        | MaxPages | CacheSymlinks | HandleKillPrivV2 | InitExtended | DirectIoAllowMmap;

    /// <summary>Answers the kernel's offer.</summary>
    /// <exception cref="FuseMountException">The kernel is too old.</exception>
    public static (InitOut Answer, FuseConnectionInfo Info) Answer(in InitIn offer, FuseOptions options)
    {
        if (offer.Major != Major || offer.Minor < OldestMinor)
        {
            throw new FuseMountException(
                $"the kernel speaks FUSE {offer.Major}.{offer.Minor}; at least {Major}.{OldestMinor} (kernel 5.10) is needed");
        }

        ulong offered = offer.Flags;
        if ((offered & InitExtended) != 0)
            offered |= (ulong)offer.Flags2 << 32;
        ulong wanted = Wanted | (options.WritebackCache ? WritebackCache : 0);
        ulong agreed = offered & wanted;
        uint minor = Math.Min(offer.Minor, NewestMinor);
        var answer = new InitOut
        {
            Major = Major,
            Minor = minor,
            MaxReadAhead = offer.MaxReadAhead,
            Flags = (uint)agreed,
            Flags2 = (uint)(agreed >> 32),
            MaxBackground = checked((ushort)options.MaxBackground),
            CongestionThreshold = checked((ushort)Math.Max(1, options.MaxBackground * 3 / 4)),
            MaxWrite = (uint)options.MaxRequestBytes,
            TimeGranularity = 1,
            MaxPages = (agreed & MaxPages) != 0 ? checked((ushort)(options.MaxRequestBytes / PageBytes)) : (ushort)0,
        };
        var info = new FuseConnectionInfo(
            Major,
            minor,
            (agreed & WritebackCache) != 0,
            options.MaxRequestBytes,
            (int)offer.MaxReadAhead,
            (agreed & DirectIoAllowMmap) != 0,
            minor >= NoFlushMinor);
        return (answer, info);
    }
}
