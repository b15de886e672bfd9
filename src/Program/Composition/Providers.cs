using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Azure;
using OrthancCloudFs.Buckets.Google;
using OrthancCloudFs.Buckets.Local;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Composition;

/// <summary>The one place where providers are registered: from the settings of each to its bucket.</summary>
internal static class Providers
{
    private const string ApplicationName = "orthanc-cloudfs";

    /// <summary>Opens the configured bucket; no request is made.</summary>
    /// <exception cref="ConfigurationException">The configured credentials cannot be used.</exception>
    public static IBucket Open(CloudFsSettings settings, ILoggerFactory loggers)
    {
        // What is encrypted authenticates itself.
        bool verifies = !settings.Encryption.Enabled || settings.AllowPlainObjects;
        string? authorities = settings.HttpsCACertificates;
        return settings.Provider switch
        {
            LocalStorageSettings local => new LocalDirectoryBucket(local.Directory),
            S3Settings s3 => OpenS3(s3, authorities, verifies, loggers),
            AzureSettings azure => OpenAzure(azure, authorities, verifies),
            GoogleSettings google => OpenGoogle(google, authorities, verifies),
            _ => throw new InvalidOperationException("Unknown provider."),
        };
    }

    /// <summary>What tells one bucket from every other, for as long as the configuration says the same; never a secret.</summary>
    public static string IdentityOf(ProviderSettings provider) => provider switch
    {
        S3Settings s3 => $"s3\n{s3.Endpoint}\n{s3.Region}\n{s3.BucketName}",
        AzureSettings azure => $"azure\n{azure.Account}\n{azure.ContainerName}",
        GoogleSettings google => $"google\n{google.Endpoint}\n{google.BucketName}",
        LocalStorageSettings local => $"local\n{local.Directory}",
        _ => throw new InvalidOperationException("Unknown provider."),
    };

    private static S3Bucket OpenS3(S3Settings s3, string? authorities, bool verifies, ILoggerFactory loggers)
    {
        if (s3.EnableAwsSdkLogs)
            AwsSdkLog.Enable(loggers);
        return new S3Bucket(new S3BucketSettings
        {
            BucketName = s3.BucketName,
            Region = s3.Region,
            AccessKey = s3.AccessKey,
            SecretKey = s3.SecretKey?.Reveal(),
            Endpoint = s3.Endpoint?.ToString(),
            ConnectionTimeout = s3.ConnectionTimeout,
            MaxConnections = s3.MaxConnections,
            VirtualAddressing = s3.VirtualAddressing,
            StorageClass = s3.StorageClass,
            Tags = s3.Tags,
            HttpsCACertificates = authorities,
            Checksum = s3.Checksum switch
            {
                ObjectChecksum.Md5 => S3UploadChecksum.Md5,
                ObjectChecksum.None => S3UploadChecksum.SignatureOnly,
                _ => S3UploadChecksum.Sha256,
            },
            VerifyETagOnGet = verifies,
            UserAgentSuffix = ApplicationName,
        });
    }

    private static AzureBucket OpenAzure(AzureSettings azure, string? authorities, bool verifies)
    {
        try
        {
            return new AzureBucket(new AzureBucketSettings
            {
                ContainerName = azure.ContainerName,
                ConnectionString = azure.ConnectionString?.Reveal(),
                AccountUrl = azure.AccountUrl,
                AccessTier = azure.AccessTier,
                CreateContainerIfNotExists = azure.CreateContainerIfNotExists,
                ConnectionTimeout = azure.ConnectionTimeout,
                MaxConnections = azure.MaxConnections,
                HttpsCACertificates = authorities,
                VerifyMd5OnGet = verifies,
                ApplicationName = ApplicationName,
            });
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // What the configuration's own reader let pass. The library's message may quote the string.
            throw new ConfigurationException($"the connection string of container {azure.ContainerName} is refused by Azure's library ({e.GetType().Name})", e);
        }
    }

    private static GoogleBucket OpenGoogle(GoogleSettings google, string? authorities, bool verifies)
    {
        var settings = new GoogleBucketSettings
        {
            BucketName = google.BucketName,
            ServiceAccountFile = google.ServiceAccountFile,
            ConnectionTimeout = google.ConnectionTimeout,
            MaxConnections = google.MaxConnections,
            HttpsCACertificates = authorities,
            VerifyCrc32COnGet = verifies,
            ApplicationName = ApplicationName,
        };
        try
        {
            return new GoogleBucket(google.Endpoint is { } endpoint ? settings with { Endpoint = endpoint } : settings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"ServiceAccountFile cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException)
        {
            throw new ConfigurationException(
                $"ServiceAccountFile {google.ServiceAccountFile} is no JSON key of a service account: create one in Google's console under "
                + "\"Service accounts\", or leave the key out to use the identity of this machine", e);
        }
    }
}
