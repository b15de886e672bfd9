using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Azure;

/// <summary>Sets up the SDK's client: one attempt per call, our own deadlines, addresses and credentials as configured.</summary>
internal static class AzureClientFactory
{
    /// <summary>Longest "application id" that the SDK takes.</summary>
    private const int LongestApplicationId = 24;

    /// <exception cref="ArgumentException">Neither or both of connection string and account URL are given, or one is wrong.</exception>
    /// <exception cref="FormatException">The connection string is none.</exception>
    internal static BlobContainerClient Create(AzureBucketSettings settings, HttpClient http)
    {
        var options = new BlobClientOptions { Transport = new HttpClientTransport(http) };
        options.Retry.MaxRetries = 0; // RetryingBucket retries
        options.Retry.NetworkTimeout = TimeSpan.FromDays(1); // StallGuard's and RetryingBucket's come first
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.Diagnostics.IsLoggingEnabled = false;
        options.AddPolicy(new DocumentTypeGuard(), HttpPipelinePosition.PerCall);
        if (settings.ApplicationName is { } name)
            options.Diagnostics.ApplicationId = name[..Math.Min(name.Length, LongestApplicationId)];
        var service = (settings.ConnectionString, settings.AccountUrl) switch
        {
            ({ } connection, null) => new BlobServiceClient(connection, options),
            (null, { } account) => new BlobServiceClient(account, new DefaultAzureCredential(), options),
            _ => throw new ArgumentException("Either a connection string or an account URL is needed.", nameof(settings)),
        };
        return service.GetBlobContainerClient(settings.ContainerName);
    }

    /// <summary>Its deadlines are those of <see cref="StallGuard"/> and <see cref="RetryingBucket"/>.</summary>
    internal static HttpClient CreateHttpClient(AzureBucketSettings settings) =>
        new(BucketHttpHandler.Create(settings.MaxConnections, settings.ConnectionTimeout, settings.HttpsCACertificates, settings.Connect))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
}
