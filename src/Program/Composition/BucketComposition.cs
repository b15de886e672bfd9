using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Azure;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Composition;

/// <summary>The configured bucket, with what completes any bucket around it.</summary>
internal sealed class BucketComposition : IAsyncDisposable
{
    /// <summary>A directory never asks to slow down; more than this only queue in the kernel.</summary>
    private const int LocalRequests = 64;

    private readonly IBucket _bucket;
    private readonly AdaptiveBucket _adaptive;
    private readonly RetryingBucket _retrying;

    private BucketComposition(IBucket bucket, bool mayBeMade, MeteredBucket metered, AdaptiveBucket adaptive, RetryingBucket retrying) =>
        (_bucket, MayBeMade, Metered, _adaptive, _retrying) = (bucket, mayBeMade, metered, adaptive, retrying);

    /// <summary>Counts every request that is really sent.</summary>
    public MeteredBucket Metered { get; }

    /// <summary>One attempt per operation, in its turn.</summary>
    public IBucket SingleAttempts => _adaptive;

    /// <summary>Retries within the deadline of an operation.</summary>
    public IBucket Retrying => _retrying;

    /// <summary>Attempts so far that repeated one that failed for a passing reason.</summary>
    public long Retries => _retrying.Retries;

    /// <summary>How many requests may run at once: at most, and as the provider bears them now.</summary>
    public (int Most, int Now) Concurrency => (_adaptive.MaxRequests, _adaptive.RequestLimit);

    /// <exception cref="ConfigurationException">The configured credentials cannot be used.</exception>
    public static BucketComposition Create(CloudFsSettings settings, ILoggerFactory loggers)
    {
        var cloud = settings.Provider as CloudProviderSettings;
        RetryOptions retry = cloud is null
            ? new RetryOptions()
            : new RetryOptions { MaxRetries = cloud.MaxRetries, TotalTimeout = cloud.RequestTimeout };
        IBucket bucket = Providers.Open(settings, loggers);
        var metered = new MeteredBucket(bucket);
        var adaptive = new AdaptiveBucket(metered, cloud?.MaxConnections ?? LocalRequests, loggers.CreateLogger<AdaptiveBucket>());
        bool mayBeMade = settings.Provider is AzureSettings { CreateContainerIfNotExists: true };
        var retrying = new RetryingBucket(adaptive, retry, loggers.CreateLogger<RetryingBucket>(), health: metered.Health);
        return new BucketComposition(bucket, mayBeMade, metered, adaptive, retrying);
    }

    /// <summary>A bucket that does not exist is made by <see cref="CreateIfMissingAsync"/>.</summary>
    public bool MayBeMade { get; }

    /// <summary>Makes what a mount that writes may make: an Azure container that does not exist, unless the configuration forbids it.</summary>
    /// <returns>True when it was made now.</returns>
    /// <exception cref="BucketException">It could not be made.</exception>
    public async Task<bool> CreateIfMissingAsync(CancellationToken cancellationToken) =>
        _bucket is AzureBucket azure && await azure.CreateIfMissingAsync(cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => Retrying.DisposeAsync();
}
