namespace FuseServer;

/// <summary>What kernel and server agreed on.</summary>
/// <param name="Major">Protocol version, always 7.</param>
/// <param name="Minor">Protocol version of the kernel.</param>
/// <param name="WritebackCache">Writes gather in the page cache.</param>
/// <param name="MaxWriteBytes">The largest WRITE, in bytes.</param>
/// <param name="MaxReadAheadBytes">The largest read-ahead, in bytes.</param>
/// <param name="DirectIoAllowsSharedMappings">Files opened with direct I/O can be mapped shared (kernel 6.6).</param>
/// <param name="NoFlushOnOpen">An open may ask the kernel to send no FLUSH (protocol 7.35, kernel 5.16).</param>
public readonly record struct FuseConnectionInfo(
    uint Major,
    uint Minor,
    bool WritebackCache,
    int MaxWriteBytes,
    int MaxReadAheadBytes,
    bool DirectIoAllowsSharedMappings,
    bool NoFlushOnOpen);
