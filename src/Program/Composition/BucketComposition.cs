using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Local;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Composition;

/// <summary>The configured bucket: the one place where providers are registered.</summary>
internal sealed class BucketComposition : IAsyncDisposable
{
    /// <summary>A directory never asks to slow down; more than this only queue in the kernel.</summary>
    private const int LocalRequests = 64;

    private readonly AdaptiveBucket _adaptive;

    private BucketComposition(MeteredBucket metered, AdaptiveBucket adaptive, RetryingBucket retrying) =>
        (Metered, _adaptive, Retrying) = (metered, adaptive, retrying);

    /// <summary>Counts every request that is really sent.</summary>
    public MeteredBucket Metered { get; }

    /// <summary>One attempt per operation, in its turn.</summary>
    public IBucket SingleAttempts => _adaptive;

    /// <summary>Retries within the deadline of an operation.</summary>
    public IBucket Retrying { get; }

    /// <summary>How many requests may run at once: at most, and as the provider bears them now.</summary>
    public (int Most, int Now) Concurrency => (_adaptive.MaxRequests, _adaptive.RequestLimit);

    public static BucketComposition Create(CloudFsSettings settings, ILoggerFactory loggers)
    {
        (IBucket bucket, int maxRequests, RetryOptions retry) = settings.Provider switch
        {
            LocalStorageSettings local => (new LocalDirectoryBucket(local.Directory), LocalRequests, new RetryOptions()),
            S3Settings s3 => ((IBucket)new S3Bucket(ToBucketSettings(s3, settings.HttpsCACertificates)), s3.MaxConnections, new RetryOptions
            {
                MaxRetries = s3.MaxRetries,
                TotalTimeout = s3.RequestTimeout,
            }),
            _ => throw new InvalidOperationException("Unknown provider."),
        };
        var metered = new MeteredBucket(bucket);
        var adaptive = new AdaptiveBucket(metered, maxRequests, loggers.CreateLogger<AdaptiveBucket>());
        return new BucketComposition(metered, adaptive, new RetryingBucket(adaptive, retry, loggers.CreateLogger<RetryingBucket>()));
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
