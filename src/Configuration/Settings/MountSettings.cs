namespace OrthancCloudFs.Configuration;

/// <summary>How the mount presents itself to the kernel and to other users, and how it ends.</summary>
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

    /// <summary>How long a program that must end waits for open files to be closed and for pending work to be done.</summary>
    public required TimeSpan ShutdownTimeout { get; init; }
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
