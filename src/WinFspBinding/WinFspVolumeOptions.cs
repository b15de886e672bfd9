namespace WinFspBinding;

/// <summary>What a volume is like.</summary>
public sealed record WinFspVolumeOptions
{
    /// <summary>Shown as the kind of file system; at most 15 UTF-16 units.</summary>
    public required string FileSystemName { get; init; }

    /// <summary>When the volume was made.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>What tells the volume from others.</summary>
    public uint SerialNumber { get; init; }

    /// <summary>How long the driver keeps what it was told of a file.</summary>
    public TimeSpan InformationTimeout { get; init; }

    /// <summary>
    /// Threads that call the file system. All operations but reading, writing and listing hold one until they are answered, so there should be
    /// more than wait for something slow at one time.
    /// </summary>
    public int DispatcherThreads { get; init; } = 64;

    /// <summary>Of the mount point, self-relative; null for the driver's own.</summary>
    public ReadOnlyMemory<byte> MountPointSecurity { get; init; }
}
