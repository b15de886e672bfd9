namespace OrthancCloudFs.Configuration;

/// <summary>The bucket and how attachments are named in it.</summary>
public abstract record ProviderSettings
{
    public required StorageLayoutSettings Layout { get; init; }

    /// <summary>Whether the local directory beneath the mount point holds attachments too.</summary>
    public required HybridMode HybridMode { get; init; }
}

/// <summary>Where new attachments go when they are read and deleted in the bucket and in the local directory alike.</summary>
public enum HybridMode
{
    /// <summary>All attachments are in the bucket.</summary>
    Disabled,

    /// <summary>New ones go to the local directory, in Orthanc's own layout and in plain.</summary>
    WriteToFileSystem,

    /// <summary>New ones go to the bucket.</summary>
    WriteToObjectStorage,
}

/// <summary>How an attachment's UUID becomes an object key.</summary>
public sealed record StorageLayoutSettings
{
    /// <summary>Prefix of every object key, without a slash at either end; empty for none.</summary>
    public required string RootPath { get; init; }

    public required StorageStructure Structure { get; init; }
}

public enum StorageStructure
{
    /// <summary><c>UUID.dcm</c> and the like.</summary>
    Flat,

    /// <summary><c>aa/bb/UUID</c>, as in Orthanc's own storage directory.</summary>
    Legacy,
}

/// <summary>A directory of this machine (or of a mounted network file system) as bucket.</summary>
public sealed record LocalStorageSettings : ProviderSettings
{
    public required string Directory { get; init; }
}

/// <summary>A bucket that is reached over a network.</summary>
public abstract record CloudProviderSettings : ProviderSettings
{
    public required TimeSpan ConnectionTimeout { get; init; }

    /// <summary>Limit of one operation including its retries.</summary>
    public required TimeSpan RequestTimeout { get; init; }

    public required int MaxConnections { get; init; }

    public required int MaxRetries { get; init; }
}

/// <summary>A container of Azure Blob Storage; keys as in the official plugin's <c>AzureBlobStorage</c> or <c>BlobStorage</c>.</summary>
public sealed record AzureSettings : CloudProviderSettings
{
    public required string ContainerName { get; init; }

    /// <summary>The account and how to get in; null together with the use of <see cref="AccountUrl"/>.</summary>
    public Secret? ConnectionString { get; init; }

    /// <summary>The account's blob endpoint, with the SDK's default credential.</summary>
    public Uri? AccountUrl { get; init; }

    /// <summary>What tells the account from others: its name or its address.</summary>
    public required string Account { get; init; }

    public required bool CreateContainerIfNotExists { get; init; }

    /// <summary>Azure's name of the access tier of new blobs; null for the account's default.</summary>
    public string? AccessTier { get; init; }
}

/// <summary>A bucket of Google Cloud Storage; keys as in the official plugin's <c>GoogleCloudStorage</c>.</summary>
public sealed record GoogleSettings : CloudProviderSettings
{
    public required string BucketName { get; init; }

    /// <summary>Path of a service account's key; null for the application default credentials.</summary>
    public string? ServiceAccountFile { get; init; }

    /// <summary>Absolute http or https address; null for Google's own.</summary>
    public Uri? Endpoint { get; init; }
}

/// <summary>A bucket that speaks Amazon's S3 protocol; keys as in the official plugin's <c>AwsS3Storage</c>.</summary>
public sealed record S3Settings : CloudProviderSettings
{
    public required string BucketName { get; init; }

    public required string Region { get; init; }

    /// <summary>Both or neither of the two; neither: the SDK's default credential chain.</summary>
    public string? AccessKey { get; init; }

    public Secret? SecretKey { get; init; }

    /// <summary>Absolute http or https address; null for Amazon's own of the region.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The bucket is part of the host name; false: the first segment of the path (MinIO, Ceph).</summary>
    public required bool VirtualAddressing { get; init; }

    /// <summary>S3's name of the storage class of new objects; null for the bucket's default.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Tags of new objects.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    public required ObjectChecksum Checksum { get; init; }

    /// <summary>Amazon's library writes to the log.</summary>
    public required bool EnableAwsSdkLogs { get; init; }

    /// <summary>How large files are cut; null for the program's own choice.</summary>
    public PartSettings? Parts { get; init; }

    /// <summary>New objects are put only where none is yet (<c>If-None-Match: *</c>).</summary>
    public required bool IfNoneMatch { get; init; }
}

/// <summary>How large files are cut into parts.</summary>
/// <param name="Bytes">Of one part.</param>
/// <param name="Parallel">Parts of one file in transfer at one time.</param>
public sealed record PartSettings(long Bytes, int Parallel);

/// <summary>The checksum that accompanies an upload so that the endpoint can refuse what arrived damaged.</summary>
public enum ObjectChecksum
{
    Sha256,
    Md5,
    None,
}
