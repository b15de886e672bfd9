using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Configuration;

/// <summary>Everything the program needs to know, checked; all paths are absolute.</summary>
public sealed record CloudFsSettings
{
    /// <summary>The directory that becomes the mount; by default Orthanc's <c>StorageDirectory</c>.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The one bucket that holds the attachments: <see cref="S3Settings"/> or <see cref="LocalStorageSettings"/>.</summary>
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

    /// <summary>Objects without an envelope are readable although encryption is on.</summary>
    public required bool AllowPlainObjects { get; init; }

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

/// <summary>How the mount presents itself to the kernel and to other users.</summary>
public sealed record MountSettings
{
    /// <summary>Owner of everything in the mount; null for the owner of the mount point directory.</summary>
    public AccountReference? Owner { get; init; }

    /// <summary>Group of everything in the mount; null for the group of the mount point directory.</summary>
    public AccountReference? Group { get; init; }

    public required UnixFileMode DirectoryMode { get; init; }

    public required UnixFileMode FileMode { get; init; }

    /// <summary>Users other than the mounting one may enter; null: only when the owner is not the mounting user.</summary>
    public bool? AllowOther { get; init; }

    public required ReadMode ReadMode { get; init; }

    /// <summary>Placeholder files keep Orthanc from filling the directory beneath the mount point while the mount is away.</summary>
    public required bool GuardUnderlay { get; init; }

    /// <summary>How long the kernel may keep names and attributes.</summary>
    public required TimeSpan EntryTimeout { get; init; }
}

/// <summary>A user or group as written in the configuration: exactly one of the two is set.</summary>
public sealed record AccountReference(string? Name, uint? Id)
{
    public override string ToString() => Name ?? $"{Id}";
}

/// <summary>How the content of an attachment reaches a reader.</summary>
public enum ReadMode
{
    /// <summary>Each read is answered from the program's own memory; nothing stays in the kernel.</summary>
    Direct,

    /// <summary>The kernel's page cache keeps what was read.</summary>
    PageCache,
}

public sealed record LoggingSettings
{
    public required LogLevel Level { get; init; }

    public required LogFormat Format { get; init; }

    /// <summary>The file to append to; null for standard error.</summary>
    public string? File { get; init; }
}

/// <summary>Formatters of Microsoft.Extensions.Logging.Console, by their names.</summary>
public enum LogFormat
{
    Simple,
    Json,
    Systemd,
}

/// <summary>The values of Orthanc's own keys that matter for a mount, with Orthanc's defaults; for <c>check</c> to judge.</summary>
public sealed record OrthancFacts
{
    public required string StorageDirectory { get; init; }

    /// <summary>Where Orthanc keeps its SQLite index; by default the storage directory.</summary>
    public required string IndexDirectory { get; init; }

    /// <summary>Orthanc calls fdatasync after it wrote an attachment.</summary>
    public required bool SyncStorageArea { get; init; }

    /// <summary>Orthanc compresses attachments before it writes them.</summary>
    public required bool StorageCompression { get; init; }
}
