namespace OrthancCloudFs.Configuration;

/// <summary>Names of the sections of Orthanc's configuration that are read.</summary>
public static class SectionNames
{
    /// <summary>This program's own section.</summary>
    public const string CloudFs = "OrthancCloudFs";

    public const string Encryption = "StorageEncryption";
    public const string S3 = "AwsS3Storage";
    public const string LocalStorage = "LocalStorage";

    public const string Azure = "AzureBlobStorage";

    /// <summary>The Azure plugin's section before its version 1.</summary>
    public const string OldAzure = "BlobStorage";

    public const string Google = "GoogleCloudStorage";

    /// <summary>The sections of which one says where attachments are stored.</summary>
    public static IReadOnlyList<string> Providers { get; } = [S3, Azure, OldAzure, Google, LocalStorage];
}
