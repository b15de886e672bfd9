using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Local;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Composition;

/// <summary>The configured bucket: the one place where providers are registered.</summary>
internal sealed class BucketComposition : IAsyncDisposable
{
    private BucketComposition(MeteredBucket metered, RetryingBucket retrying) => (Metered, Retrying) = (metered, retrying);

    /// <summary>Counts every request that is really sent.</summary>
    public MeteredBucket Metered { get; }

    /// <summary>One attempt per operation.</summary>
    public IBucket SingleAttempts => Metered;

    /// <summary>Retries within the deadline of an operation.</summary>
    public IBucket Retrying { get; }

    public static BucketComposition Create(CloudFsSettings settings, ILoggerFactory loggers)
    {
        (IBucket bucket, RetryOptions retry) = settings.Provider switch
        {
            LocalStorageSettings local => ((IBucket)new LocalDirectoryBucket(local.Directory), new RetryOptions()),
            S3Settings s3 => (new S3Bucket(ToBucketSettings(s3, settings.HttpsCACertificates)), new RetryOptions
            {
                MaxRetries = s3.MaxRetries,
                TotalTimeout = s3.RequestTimeout,
            }),
            _ => throw new InvalidOperationException("Unknown provider."),
        };
        var metered = new MeteredBucket(bucket);
        return new BucketComposition(metered, new RetryingBucket(metered, retry, loggers.CreateLogger<RetryingBucket>()));
    }

    private static S3BucketSettings ToBucketSettings(S3Settings s3, string? certificateAuthorities) => new()
    {
        BucketName = s3.BucketName,
        Region = s3.Region,
        AccessKey = s3.AccessKey,
        SecretKey = s3.SecretKey?.Reveal(),
        Endpoint = s3.Endpoint?.ToString(),
        ConnectionTimeout = s3.ConnectionTimeout,
        RequestTimeout = s3.RequestTimeout,
        MaxConnections = s3.MaxConnections,
        MaxRetries = s3.MaxRetries,
        VirtualAddressing = s3.VirtualAddressing,
        StorageClass = s3.StorageClass,
        Tags = s3.Tags,
        HttpsCACertificates = certificateAuthorities,
        Checksum = s3.Checksum switch
        {
            ObjectChecksum.Md5 => S3UploadChecksum.Md5,
            ObjectChecksum.None => S3UploadChecksum.SignatureOnly,
            _ => S3UploadChecksum.Sha256,
        },
        UserAgentSuffix = "orthanc-cloudfs",
    };

    public ValueTask DisposeAsync() => Retrying.DisposeAsync();
}
