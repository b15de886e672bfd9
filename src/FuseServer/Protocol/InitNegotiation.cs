namespace FuseServer.Protocol;

/// <summary>
/// The one place that decides what kernel and session do together. The kernel offers its features; the answer takes those
/// that are wanted and offered, so an older kernel simply gets fewer.
/// </summary>
internal static class InitNegotiation
{
    public const uint Major = 7;

    /// <summary>The protocol whose features this library knows (Linux 6.6). Minor versions are compatible; the lower one counts.</summary>
    public const uint Minor = 39;

    /// <summary>Linux 5.10.</summary>
    public const uint MinimumMinor = 31;

    private const uint NoFlushMinor = 35;
    private const uint ParallelDirectWritesMinor = 38;

    /// <summary>Features wanted whatever the options say.</summary>
    private const InitFlags Always =
        InitFlags.AsyncRead // several READs of one file in flight: read-ahead does not wait for itself
        | InitFlags.BigWrites // WRITEs above 4 KiB
        | InitFlags.MaxPages // requests above 128 KiB, see InitOut.MaxPages
        | InitFlags.AsyncDirectIo // direct I/O larger than one request goes out in parallel
        | InitFlags.AbortError // read(2) says ECONNABORTED when the connection was aborted, as opposed to unmounted
        | InitFlags.InitExtended; // flags2 counts

    // Never wanted, and why:
    // PosixLocks, FlockLocks: the kernel's own locks are right on one host, and cost no request.
    // ExportSupport: obliges the file system to look up "." and ".." of any node, which NFS export needs and nobody else.
    // DontMask: the kernel applies the umask, as callers expect.
    // AutoInvalidateData: drops the page cache whenever a GETATTR shows another time, which the writeback cache forbids and
    //   immutable content does not need; ExplicitInvalidateData is its counterpart. The owner uses notifications instead.
    // HandleKillPrivileges: the first version, superseded by V2.
    // PosixAcl: access control lists would have to be stored and checked.
    // SetXattrExtended: another layout of SETXATTR for the sake of ACLs.
    // SecurityContext: labels of LSMs at creation.
    // Passthrough: excludes the writeback cache and needs root.
    // NoOpenSupport, NoOpenDirectorySupport: statements of the kernel, which takes ENOSYS for an answer, not features to switch on.

    /// <summary>Answers an offer of protocol 7.31 or later.</summary>
    /// <param name="offer">The kernel's INIT; flags2 must be 0 where the request was too short to carry it.</param>
    /// <param name="options">What the owner of the mount wants.</param>
    /// <param name="pageSize">In bytes.</param>
    public static (InitOut Answer, FuseConnectionInfo Info) Negotiate(in InitIn offer, FuseOptions options, int pageSize)
    {
        InitFlags offered = (InitFlags)offer.Flags;
        if ((offered & InitFlags.InitExtended) != InitFlags.None)
            offered |= (InitFlags)((ulong)offer.Flags2 << 32);
        InitFlags agreed = Wanted(options) & offered;

        // Each page of a request is one entry of the kernel's list; without MAX_PAGES it is limited to 32.
        const int DefaultPages = 32;
        int pages = (agreed & InitFlags.MaxPages) != InitFlags.None ? options.MaxRequestBytes / pageSize : DefaultPages;
        int maxWrite = Math.Min(options.MaxRequestBytes, pages * pageSize);

        InitOut answer = new()
        {
            Major = Major,
            Minor = Math.Min(Minor, offer.Minor),
            MaxReadAhead = Math.Min(offer.MaxReadAhead, (uint)options.MaxReadAheadBytes),
            Flags = (uint)agreed,
            Flags2 = (uint)((ulong)agreed >> 32),
            MaxBackground = (ushort)options.MaxBackground,
            // Above this the kernel tells writeback to slow down; three quarters is the kernel's own proportion.
            CongestionThreshold = (ushort)Math.Max(1, options.MaxBackground * 3 / 4),
            MaxWrite = (uint)maxWrite,
            TimeGranularity = 1, // nanoseconds: times are kept as sent
            MaxPages = (ushort)pages,
        };
        return (answer, Describe(offer, agreed, answer));
    }

    private static InitFlags Wanted(FuseOptions options)
    {
        InitFlags wanted = Always;
        if (options.WritebackCache)
            wanted |= InitFlags.WritebackCache;
        if (options.ParallelDirectoryOperations)
            wanted |= InitFlags.ParallelDirectoryOperations;
        if (options.AtomicOpenTruncate)
            wanted |= InitFlags.AtomicOpenTruncate;
        if (options.HandleKillPrivileges)
            wanted |= InitFlags.HandleKillPrivilegesV2;
        if (options.CacheSymbolicLinks)
            wanted |= InitFlags.CacheSymbolicLinks;
        if (options.DirectIoAllowsSharedMappings)
            wanted |= InitFlags.DirectIoAllowMmap;
        if (options.ReadDirectory != ReadDirectoryMode.NamesOnly)
            wanted |= InitFlags.DoReadDirPlus;
        if (options.ReadDirectory == ReadDirectoryMode.Adaptive)
            wanted |= InitFlags.ReadDirPlusAuto;
        return wanted;
    }

    private static FuseConnectionInfo Describe(in InitIn offer, InitFlags agreed, in InitOut answer)
    {
        return new FuseConnectionInfo(
            offer.Major,
            offer.Minor,
            Has(InitFlags.WritebackCache),
            (int)answer.MaxWrite,
            (int)answer.MaxReadAhead,
            Has(InitFlags.ParallelDirectoryOperations),
            Has(InitFlags.HandleKillPrivilegesV2),
            Has(InitFlags.DoReadDirPlus),
            Has(InitFlags.AtomicOpenTruncate),
            Has(InitFlags.DirectIoAllowMmap),
            offer.Minor >= NoFlushMinor,
            offer.Minor >= ParallelDirectWritesMinor);

        bool Has(InitFlags flag) => (agreed & flag) != InitFlags.None;
    }
}
