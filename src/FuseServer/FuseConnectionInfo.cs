namespace FuseServer;

/// <summary>What kernel and session agreed on at INIT.</summary>
/// <param name="Major">Protocol version of the kernel: 7.</param>
/// <param name="Minor">Protocol version of the kernel, for example 31 for Linux 5.10.</param>
/// <param name="WritebackCache">Writes are gathered in the page cache.</param>
/// <param name="MaxWriteBytes">Most bytes of one READ or WRITE.</param>
/// <param name="MaxReadAheadBytes">Read-ahead granted by the kernel.</param>
/// <param name="ParallelDirectoryOperations">Look-ups of one directory run side by side.</param>
/// <param name="HandleKillPrivileges">The file system clears set-user-id bits itself.</param>
/// <param name="ReadDirectoryWithAttributes">Listings can carry attributes.</param>
/// <param name="AtomicOpenTruncate">O_TRUNC arrives with OPEN.</param>
/// <param name="DirectIoAllowsSharedMappings">Files opened with direct I/O can be mapped shared.</param>
/// <param name="NoFlushOnOpen">The kernel knows <see cref="OpenReplyFlags.NoFlush"/> (7.35).</param>
/// <param name="ParallelDirectWrites">The kernel knows <see cref="OpenReplyFlags.ParallelDirectWrites"/> (7.38).</param>
public sealed record FuseConnectionInfo(
    uint Major,
    uint Minor,
    bool WritebackCache,
    int MaxWriteBytes,
    int MaxReadAheadBytes,
    bool ParallelDirectoryOperations,
    bool HandleKillPrivileges,
    bool ReadDirectoryWithAttributes,
    bool AtomicOpenTruncate,
    bool DirectIoAllowsSharedMappings,
    bool NoFlushOnOpen,
    bool ParallelDirectWrites);
