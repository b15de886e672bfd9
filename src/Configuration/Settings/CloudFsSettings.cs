namespace OrthancCloudFs.Configuration;

/// <summary>Everything the program needs to know, checked; all paths are absolute.</summary>
public sealed record CloudFsSettings
{
    /// <summary>The directory that becomes the mount; by default Orthanc's <c>StorageDirectory</c>.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The one bucket that holds the attachments.</summary>
    public required ProviderSettings Provider { get; init; }

    public required EncryptionSettings Encryption { get; init; }

    /// <summary>Who owns what the mount shows, and how the kernel may cache it.</summary>
    public required MountSettings Mount { get; init; }

    public required LoggingSettings Logging { get; init; }

    /// <summary>What Orthanc itself will do with the same configuration.</summary>
    public required OrthancFacts Orthanc { get; init; }

    /// <summary>Bytes that may be held in memory for all open files and the read cache together.</summary>
    public required long StagingMemoryBytes { get; init; }

    /// <summary>Where what must survive a restart is kept (such as deletions still to be retried).</summary>
    public required string StateDirectory { get; init; }

    /// <summary>On Windows, the local folder for what is no attachment; null for one in <see cref="StateDirectory"/>.</summary>
    public string? UnderlayDirectory { get; init; }

    /// <summary>What acknowledges a store.</summary>
    public required WriteMode WriteMode { get; init; }

    /// <summary>The most bytes of objects in the journal.</summary>
    public required long JournalMaxBytes { get; init; }

    /// <summary>Objects without an envelope are readable although encryption is on.</summary>
    public required bool AllowPlainObjects { get; init; }

    /// <summary>Port of 127.0.0.1 that serves health and metrics; 0 for none.</summary>
    public required int HealthPort { get; init; }

    /// <summary>PEM file of the certificate authorities to trust for HTTPS; null for those of the system.</summary>
    public string? HttpsCACertificates { get; init; }

    /// <summary>The same settings for another mount point.</summary>
    /// <exception cref="ConfigurationException">A directory that the program needs lies within that mount point, or the other
    /// way round.</exception>
    public CloudFsSettings WithMountPoint(string mountPoint)
    {
        CloudFsSettings moved = this with { MountPoint = Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountPoint)) };
        return MountPointRules.FindFault(moved) is { } fault ? throw new ConfigurationException(fault) : moved;
    }
}

/// <summary>What acknowledges a store.</summary>
public enum WriteMode
{
    /// <summary>The bucket.</summary>
    Through,

    /// <summary>The journal on local disk.</summary>
    Journal,
}
