namespace OrthancCloudFs.Configuration;

/// <summary>All keys that are read, in the order of the documentation.</summary>
public static partial class KnownKeys
{
    /// <summary>Group name of the keys that every provider section takes.</summary>
    public const string EveryProvider = "every provider section";

    /// <summary>Group name of the keys outside of any section.</summary>
    public const string TopLevel = "top level";

    public static IReadOnlyList<ConfigurationKey> All => field ??=
    [
        MountPoint, StagingMemory, Owner, Group, DirectoryMode, FileMode, AllowOther, ReadMode, EntryTimeout, GuardUnderlay,
        StateDirectory, AllowPlainObjects, Checksum, IfNoneMatch, LogLevel, LogFormat, LogFile,
        Directory,
        BucketName, Region, AccessKey, SecretKey, Endpoint, VirtualAddressing, ConnectionTimeout, ConnectTimeout, RequestTimeout,
        MaxConnections, MaxRetries, StorageClass, Tags, UseTransferManager, TransferPoolSize, TransferBufferSize, EnableAwsSdkLogs,
        RootPath, StorageStructure, EnableLegacyUnknownFiles, HybridMode, MigrationFromFileSystemEnabled, StorageEncryption,
        Enable, MasterKey, PreviousMasterKeys, MaxConcurrentInputSize,
        StorageDirectory, IndexDirectory, SyncStorageArea, StorageCompression, HttpsCACertificates,
    ];

    /// <summary>The keys that a section of this name takes.</summary>
    public static IEnumerable<ConfigurationKey> Of(string section)
    {
        bool isProvider = section is SectionNames.S3 or SectionNames.LocalStorage;
        return All.Where(key => key.Section == section || (isProvider && key.Section == EveryProvider));
    }
}
