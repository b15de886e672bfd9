namespace OrthancCloudFs.FuseAdapter;

/// <summary>How an opened attachment is read.</summary>
public enum ReadMode
{
    /// <summary>
    /// Past the kernel's page cache: requests of up to 1 MiB instead of 128 KiB, and no second copy of what staging holds. Kernels before
    /// 6.6 refuse <c>mmap(MAP_SHARED)</c> on such a file.
    /// </summary>
    Direct,

    /// <summary>Through the kernel's page cache, which is kept between opens: a second read costs no request.</summary>
    PageCache,
}

/// <summary>What the mounted tree looks like.</summary>
public sealed record StorageFileSystemOptions
{
    /// <summary>Owner of folders and attachments.</summary>
    public uint UserId { get; init; }

    /// <summary>Group of folders and attachments.</summary>
    public uint GroupId { get; init; }

    /// <summary>Permission bits of hash folders.</summary>
    public uint DirectoryMode { get; init; } = 0x1C0; // 0700

    /// <summary>Permission bits of attachments.</summary>
    public uint FileMode { get; init; } = 0x180; // 0600

    /// <summary>How opened attachments are read.</summary>
    public ReadMode ReadMode { get; init; } = ReadMode.Direct;

    /// <summary>How long the kernel may keep names, their absence and attributes of attachments.</summary>
    public TimeSpan EntryTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What the local directory beneath the mount point has to do with attachments.</summary>
    public HybridStorage Hybrid { get; init; }
}
