namespace OrthancCloudFs.Configuration;

/// <summary>All keys that are read, in the order of the documentation.</summary>
public static partial class KnownKeys
{
    /// <summary>Group name of the keys that every provider section takes.</summary>
    public const string EveryProvider = "every provider section";

    /// <summary>Group name of the keys that the sections of all clouds take.</summary>
    public const string EveryCloud = "every cloud's section";

    /// <summary>Group name of the keys that both sections for Azure take.</summary>
    public const string EitherAzure = "AzureBlobStorage and BlobStorage";

    /// <summary>Group name of the keys outside of any section.</summary>
    public const string TopLevel = "top level";

    public static IReadOnlyList<ConfigurationKey> All => field ??=
    [
        MountPoint, StagingMemory, Owner, Group, DirectoryMode, FileMode, AllowOther, ReadMode, EntryTimeout, GuardUnderlay,
        StateDirectory, UnderlayDirectory, WriteMode, JournalMaxSize, ShutdownTimeout, AllowPlainObjects, Checksum, IfNoneMatch, LogLevel, LogFormat, LogFile,
        HealthPort,
        Directory,
        BucketName, Region, AccessKey, SecretKey, Endpoint, VirtualAddressing, ConnectTimeout, StorageClass, Tags,
        UseTransferManager, TransferPoolSize, TransferBufferSize, EnableAwsSdkLogs,
        ConnectionString, AccountUrl,
        AccountName, AccountKey,
        ContainerName, CreateContainerIfNotExists, AccessTier,
        GoogleBucketName, ServiceAccountFile, GoogleEndpoint,
        ConnectionTimeout, RequestTimeout, MaxConnections, MaxRetries,
        RootPath, StorageStructure, EnableLegacyUnknownFiles, HybridMode, MigrationFromFileSystemEnabled, StorageEncryption,
        Enable, MasterKey, PreviousMasterKeys, MaxConcurrentInputSize,
        StorageDirectory, IndexDirectory, SyncStorageArea, StorageCompression, HttpsCACertificates,
    ];

    /// <summary>The keys that a section of this name takes.</summary>
    public static IEnumerable<ConfigurationKey> Of(string section)
    {
        bool isProvider = SectionNames.Providers.Contains(section, StringComparer.Ordinal);
        return All.Where(key => key.Section == section || key.Section switch
        {
            EveryProvider => isProvider,
            EveryCloud => isProvider && section != SectionNames.LocalStorage,
            EitherAzure => section is SectionNames.Azure or SectionNames.OldAzure,
            _ => false,
        });
    }
}
