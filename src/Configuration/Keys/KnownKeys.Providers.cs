namespace OrthancCloudFs.Configuration;

public static partial class KnownKeys
{
    public static TextKey Directory { get; } = new(SectionNames.LocalStorage, "Directory", KeySource.Ours, "path", TextKey.Required)
    {
        Meaning = "The directory that is the bucket; an object's key is its path below it.",
    };

    public static TextKey BucketName { get; } = new(SectionNames.S3, "BucketName", KeySource.Plugin, "text", TextKey.Required)
    {
        Meaning = "Name of the bucket; it must exist.",
    };

    public static TextKey Region { get; } = new(SectionNames.S3, "Region", KeySource.Plugin, "text", TextKey.Required)
    {
        Meaning = "The bucket's region such as `eu-central-1`; any word for most gateways.",
    };

    public static TextKey AccessKey { get; } = new(
        SectionNames.S3, "AccessKey", KeySource.Plugin, "text", "the SDK's default credential chain")
    {
        Meaning = "Access key id; together with `SecretKey` or not at all.",
    };

    public static TextKey SecretKey { get; } = new(
        SectionNames.S3, "SecretKey", KeySource.Plugin, "text", "the SDK's default credential chain")
    {
        Meaning = "Secret access key; together with `AccessKey` or not at all.",
        IsSecret = true,
    };

    public static TextKey Endpoint { get; } = new(
        SectionNames.S3, "Endpoint", KeySource.Plugin, "host name or http(s) address", "Amazon's of the region")
    {
        Meaning = "Address of another S3 service; https unless it begins with `http://`. An empty text counts as absent.",
    };

    public static BooleanKey VirtualAddressing { get; } = new(SectionNames.S3, "VirtualAddressing", KeySource.Plugin, true)
    {
        Meaning = "The bucket is part of the host name; false for path style, as MinIO and Ceph need.",
    };

    public static IntegerKey ConnectionTimeout { get; } = new(EveryCloud, "ConnectionTimeout", KeySource.Plugin, 30, 1, 3600, "s")
    {
        Meaning = "Limit for opening a connection.",
    };

    public static IntegerKey ConnectTimeout { get; } = new(SectionNames.S3, "ConnectTimeout", KeySource.Plugin, 30, 1, 3600, "s")
    {
        Meaning = "Old name of `ConnectionTimeout`, used where that is absent.",
    };

    public static IntegerKey RequestTimeout { get; } = new(EveryCloud, "RequestTimeout", KeySource.Plugin, 1200, 1, 86400, "s")
    {
        Meaning = "Limit for one upload, download or deletion, its retries included.",
    };

    public static IntegerKey MaxConnections { get; } = new(EveryCloud, "MaxConnections", KeySource.Plugin, 25, 1, 10000, "connections")
    {
        Meaning = "Connections open at one time.",
    };

    public static IntegerKey MaxRetries { get; } = new(EveryCloud, "MaxRetries", KeySource.Plugin, 10, 0, 100, "retries")
    {
        Meaning = "Further attempts after one that failed for a passing reason.",
    };

    public static ChoiceKey StorageClass { get; } = new(
        SectionNames.S3, "StorageClass", KeySource.Plugin, null,
        [
            "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "OUTPOSTS",
            "GLACIER_IR", "SNOW",
        ],
        "the bucket's default")
    {
        Meaning = "Storage class of new objects.",
    };

    public static TextKey Tags { get; } = new(SectionNames.S3, "Tags", KeySource.Plugin, "object of up to 10 texts", "none")
    {
        Meaning = "Tags of new objects, such as `{ \"ward\": \"b2\" }`.",
    };

    public static BooleanKey UseTransferManager { get; } = new(SectionNames.S3, "UseTransferManager", KeySource.Plugin, false)
    {
        Meaning = "Take size and number of the parts of large files from the next two keys; otherwise they are 8 MB and 4.",
    };

    public static IntegerKey TransferPoolSize { get; } = new(SectionNames.S3, "TransferPoolSize", KeySource.Plugin, 10, 1, 1000, "parts")
    {
        Meaning = "Parts of one file in transfer at one time, with `UseTransferManager`; fewer where `StagingMemory` has no room.",
    };

    public static IntegerKey TransferBufferSize { get; } = new(SectionNames.S3, "TransferBufferSize", KeySource.Plugin, 5, 1, 5120, "MB")
    {
        Meaning = "Size of a part, with `UseTransferManager`; smaller where `StagingMemory` has no room, and never below 5 MB.",
    };

    public static BooleanKey EnableAwsSdkLogs { get; } = new(SectionNames.S3, "EnableAwsSdkLogs", KeySource.Plugin, false)
    {
        Meaning = "What Amazon's library has to say goes to the log, with the level `Debug`.",
    };

    public static TextKey ConnectionString { get; } = new(
        SectionNames.Azure, "ConnectionString", KeySource.Plugin, "text", "required without `AccountUrl`")
    {
        Meaning = "The account and its key or a shared access signature, as Azure's portal shows it.",
        IsSecret = true,
    };

    public static TextKey AccountUrl { get; } = new(SectionNames.Azure, "AccountUrl", KeySource.Ours, "https address", "none")
    {
        Meaning = "Instead of a connection string: the account's blob endpoint, with Azure's default credential (managed or workload identity and so on).",
    };

    public static TextKey AccountName { get; } = new(SectionNames.OldAzure, "AccountName", KeySource.Plugin, "text", TextKey.Required)
    {
        Meaning = "Name of the storage account.",
    };

    public static TextKey AccountKey { get; } = new(SectionNames.OldAzure, "AccountKey", KeySource.Plugin, "text", TextKey.Required)
    {
        Meaning = "Key of the storage account, in base64.",
        IsSecret = true,
    };

    public static TextKey ContainerName { get; } = new(EitherAzure, "ContainerName", KeySource.Plugin, "text", TextKey.Required)
    {
        Meaning = "Name of the container.",
    };

    public static BooleanKey CreateContainerIfNotExists { get; } = new(
        EitherAzure, "CreateContainerIfNotExists", KeySource.Plugin, true)
    {
        Meaning = "A container that does not exist is made when it is mounted.",
    };

    public static ChoiceKey AccessTier { get; } = new(
        EitherAzure, "AccessTier", KeySource.Plugin, null, ["Hot", "Cool", "Cold", "Archive", "Premium"], "the account's default")
    {
        Meaning = "Access tier of new blobs. What is in `Archive` cannot be read before it is rehydrated.",
    };

    public static TextKey GoogleBucketName { get; } = new(SectionNames.Google, "BucketName", KeySource.Plugin, "text", TextKey.Required)
    {
        Meaning = "Name of the bucket; it must exist.",
    };

    public static TextKey ServiceAccountFile { get; } = new(
        SectionNames.Google, "ServiceAccountFile", KeySource.Plugin, "path", "the application default credentials")
    {
        Meaning = "JSON key of a service account. The plugin requires it; without it, workload identity or what else the machine has applies.",
    };

    public static TextKey GoogleEndpoint { get; } = new(
        SectionNames.Google, "Endpoint", KeySource.Ours, "host name or http(s) address", "Google's")
    {
        Meaning = "Another address of the JSON API, such as a private endpoint; https unless it begins with `http://`.",
    };

    public static TextKey RootPath { get; } = new(EveryProvider, "RootPath", KeySource.Plugin, "text", "empty", "")
    {
        Meaning = "Folder in the bucket that holds the objects, such as `site-a/orthanc`; without a slash in front.",
    };

    public static ChoiceKey StorageStructure { get; } = new(EveryProvider, "StorageStructure", KeySource.Plugin, "flat", ["flat", "legacy"])
    {
        Meaning = "Names of objects: `UUID.dcm` and the like, or `aa/bb/UUID` as on Orthanc's disk.",
    };

    public static BooleanKey EnableLegacyUnknownFiles { get; } = new(EveryProvider, "EnableLegacyUnknownFiles", KeySource.Plugin, false)
    {
        Meaning = "Accepted; names that end in `.unk`, which early plugins wrote, are always found.",
    };

    public static ChoiceKey HybridMode { get; } = new(
        EveryProvider, "HybridMode", KeySource.Plugin, "Disabled", ["Disabled", "WriteToFileSystem", "WriteToObjectStorage"])
    {
        Meaning = "With either of the others, attachments are read and deleted in the bucket and in the local directory beneath the mount "
            + "point; new ones go where it says.",
    };

    public static BooleanKey MigrationFromFileSystemEnabled { get; } = new(
        EveryProvider, "MigrationFromFileSystemEnabled", KeySource.Plugin, false)
    {
        Meaning = "Old name of `HybridMode` `WriteToObjectStorage`; used where `HybridMode` is absent.",
    };

    public static TextKey StorageEncryption { get; } = new(
        EveryProvider, "StorageEncryption", KeySource.Plugin, "section", "the section of that name at the top level")
    {
        Meaning = "Client-side encryption; see the section of that name. It must stand in one of the two places.",
    };
}
