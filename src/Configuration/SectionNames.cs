namespace OrthancCloudFs.Configuration;

/// <summary>Names of the sections of Orthanc's configuration that are read.</summary>
public static class SectionNames
{
    /// <summary>This program's own section.</summary>
    public const string CloudFs = "OrthancCloudFs";

    public const string Encryption = "StorageEncryption";
    public const string S3 = "AwsS3Storage";
    public const string LocalStorage = "LocalStorage";

    /// <summary>Sections of the official plugins that are recognised only to be refused with a reason.</summary>
    public static IReadOnlyList<string> UnservedProviders { get; } = ["AzureBlobStorage", "BlobStorage", "GoogleCloudStorage"];
}
