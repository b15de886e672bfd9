namespace FuseServer;

/// <summary>How to mount and what to agree with the kernel; every knob with its reason.</summary>
public sealed record FuseOptions
{
    /// <summary>Shown as <c>fuse.NAME</c> in /proc/mounts.</summary>
    public string FileSystemName { get; init; } = "fuseserver";

    /// <summary>Shown as the source in /proc/mounts; no commas.</summary>
    public string Source { get; init; } = "fuseserver";

    /// <summary>Users other than the mounting one may enter. Without root this needs <c>user_allow_other</c> in /etc/fuse.conf.</summary>
    public bool AllowOther { get; init; }

    /// <summary>The kernel checks owner and mode itself, so that no ACCESS request is ever sent.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>The kernel refuses every change with EROFS.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Small writes gather in the page cache and arrive as few large requests; size and modification time are then the kernel's. The
    /// lever for programs that write 4 KiB at a time.
    /// </summary>
    public bool WritebackCache { get; init; } = true;

    /// <summary>The largest READ and WRITE, in bytes. 1 MiB (256 pages) is the most that the kernel accepts without a system setting.</summary>
    public int MaxRequestBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Background requests (writeback, asynchronous reads) that the kernel has under way at once. Each may hold a receive buffer while it
    /// waits, so this bounds their memory.
    /// </summary>
    public int MaxBackground { get; init; } = 16;

    /// <summary>Threads that read requests. Handlers that wait do not hold one, so two keep a small machine busy.</summary>
    public int ReaderThreads { get; init; } = 2;

    /// <summary>
    /// After this time a request's token is cancelled. The kernel itself waits for ever for an answer, and the process that asked cannot
    /// be killed meanwhile.
    /// </summary>
    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromSeconds(1300);

    /// <summary>How much longer a handler may take that ignores its token; then the session answers ETIMEDOUT in its place.</summary>
    public TimeSpan DeadlineGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Mount through fusermount3 even as root.</summary>
    public bool ForceFusermount { get; init; }

    /// <summary>The most bytes that receive buffers take: one for each reader, and one for each background request that is waiting.</summary>
    public long MaximumBufferBytes => (long)(ReaderThreads + MaxBackground) * ReceiveBufferBytes;

    /// <summary>A request's payload, its headers, and the page by which the kernel wants the buffer to be larger.</summary>
    internal int ReceiveBufferBytes => MaxRequestBytes + 4096;
}
