namespace FuseServer;

/// <summary>When the kernel asks for a directory's attributes together with its names.</summary>
public enum ReadDirectoryMode
{
    /// <summary>Names only; attributes cost a LOOKUP each.</summary>
    NamesOnly,

    /// <summary>The first piece of a listing with attributes, the rest only if the caller looks at them (FUSE_READDIRPLUS_AUTO).</summary>
    Adaptive,

    /// <summary>Always with attributes (FUSE_DO_READDIRPLUS).</summary>
    WithAttributes,
}

/// <summary>How one file system is mounted and served. What the running kernel lacks is left out (see <see cref="FuseConnectionInfo"/>).</summary>
public sealed record FuseOptions
{
    /// <summary>Shown as "fuse.NAME" in /proc/mounts; letters, digits, '-' and '_'.</summary>
    public string FileSystemName { get; init; } = "fuse";

    /// <summary>The mount's source as /proc/mounts shows it; null for <see cref="FileSystemName"/>.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// Lets users other than the one who mounts in (allow_other). With fusermount3, as an ordinary user, this needs
    /// user_allow_other in /etc/fuse.conf.
    /// </summary>
    public bool AllowOther { get; init; }

    /// <summary>The kernel checks modes and owners itself; then ACCESS is never sent.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>Mounts read-only: the kernel refuses changes with EROFS.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Mounts with noatime, so that reads never cause SETATTR.</summary>
    public bool NoAccessTime { get; init; } = true;

    /// <summary>Mount through the helper fusermount3 even as root.</summary>
    public bool ForceFusermount { get; init; }

    /// <summary>
    /// Gathers writes in the page cache and sends them as WRITEs of up to <see cref="MaxRequestBytes"/>; small writes become an order
    /// of magnitude faster. The kernel then owns size and modification time, WRITEs of one file arrive side by side and out of
    /// order, and an error of a WRITE shows at fsync or close.
    /// </summary>
    public bool WritebackCache { get; init; } = true;

    /// <summary>
    /// Most bytes of one READ or WRITE; a multiple of the page size up to 1 MiB (the kernel's 256 pages; more only where
    /// /proc/sys/fs/fuse/max_pages_limit was raised).
    /// </summary>
    public int MaxRequestBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of read-ahead asked for; kernels cap it at the device's read_ahead_kb, 128 KiB by default.</summary>
    public int MaxReadAheadBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Most background requests (writeback, read-ahead, asynchronous direct I/O) in flight. It bounds how many WRITEs of the
    /// page cache hold a buffer. For ordinary users the kernel caps it at /sys/module/fuse/parameters/max_user_bgreq.
    /// </summary>
    public int MaxBackground { get; init; } = 16;

    /// <summary>Threads that read requests and run handlers. Handlers answer later when they must wait, so a few do.</summary>
    public int ReaderThreads { get; init; } = 2;

    /// <summary>
    /// After this time without an answer the request's token is cancelled (the kernel itself waits for ever). The default leaves room for
    /// a backend's own deadline of some 20 minutes.
    /// </summary>
    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromSeconds(1300);

    /// <summary>What a handler has after its deadline to answer itself; then the session answers ETIMEDOUT.</summary>
    public TimeSpan DeadlineGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a request may go on whose caller got a signal, before its token is cancelled and the call ends with EINTR. The kernel tells of
    /// every signal that has a handler, such as that of a child which ended, and on other file systems such a signal fails no call. One that
    /// kills needs no answer: the kernel lets its process go at once.
    /// </summary>
    public TimeSpan InterruptGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Look-ups and listings of one directory run side by side (FUSE_PARALLEL_DIROPS).</summary>
    public bool ParallelDirectoryOperations { get; init; } = true;

    /// <summary>When listings carry attributes.</summary>
    public ReadDirectoryMode ReadDirectory { get; init; } = ReadDirectoryMode.Adaptive;

    /// <summary>O_TRUNC comes with the OPEN instead of as a SETATTR before it: one request less (FUSE_ATOMIC_O_TRUNC).</summary>
    public bool AtomicOpenTruncate { get; init; } = true;

    /// <summary>
    /// The file system clears set-user-id bits on write, truncate and chown itself (FUSE_HANDLE_KILLPRIV_V2), which spares
    /// a GETXATTR of security.capability before writes.
    /// </summary>
    public bool HandleKillPrivileges { get; init; } = true;

    /// <summary>The kernel keeps the targets of symbolic links (FUSE_CACHE_SYMLINKS); for targets that never change.</summary>
    public bool CacheSymbolicLinks { get; init; }

    /// <summary>
    /// Files opened with <see cref="OpenReplyFlags.DirectIo"/> can still be mapped shared (FUSE_DIRECT_IO_ALLOW_MMAP, kernel 6.6); without
    /// it mmap(2) with MAP_SHARED fails on them.
    /// </summary>
    public bool DirectIoAllowsSharedMappings { get; init; } = true;

    /// <summary>
    /// Bound on the memory of the receive buffers, in bytes: one for every reader and one for every background request. Payloads that are
    /// retained beyond <see cref="MaxBackground"/> (writers that bypass the page cache, one request per writing thread) are copied, come
    /// on top, and are counted by <see cref="FuseCounters.RetainedBytes"/>.
    /// </summary>
    public long MaximumBufferBytes => (long)(ReaderThreads + MaxBackground) * ReceiveBufferBytes;

    /// <summary>One request with its headers: the kernel refuses to fill a smaller buffer than this.</summary>
    internal int ReceiveBufferBytes => MaxRequestBytes + Environment.SystemPageSize;

    /// <exception cref="FuseMountException">A value is out of its range.</exception>
    internal void Validate()
    {
        Require(FileSystemName.Length > 0 && FileSystemName.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
            "FileSystemName takes letters, digits, '-' and '_'");
        Require(MaxRequestBytes >= Environment.SystemPageSize && MaxRequestBytes % Environment.SystemPageSize == 0,
            "MaxRequestBytes must be a multiple of the page size");
        Require(MaxRequestBytes <= 16 << 20, "MaxRequestBytes must be at most 16 MiB");
        Require(MaxBackground is >= 1 and <= ushort.MaxValue, "MaxBackground must be 1 to 65535");
        Require(ReaderThreads is >= 1 and <= 64, "ReaderThreads must be 1 to 64");
        Require(MaxReadAheadBytes >= 0, "MaxReadAheadBytes must not be negative");
        Require(
            OperationDeadline > TimeSpan.Zero && DeadlineGrace >= TimeSpan.Zero && InterruptGrace >= TimeSpan.Zero, "deadlines must be positive");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new FuseMountException(message, Errno.EINVAL);
    }
}
