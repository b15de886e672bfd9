using Amazon.Runtime;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>The one HTTP client of a bucket, set up for many medium-sized objects over few long-lived connections.</summary>
internal sealed class S3HttpClientFactory(S3BucketSettings settings) : HttpClientFactory
{
    /// <summary>Bodies below this are sent at once; larger ones wait up to a second for the endpoint's "100 Continue".</summary>
    private const long ExpectContinueFrom = 1 << 20;

    /// <inheritdoc/>
    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
        var handler = BucketHttpHandler.Create(settings.MaxConnections, settings.ConnectionTimeout, settings.HttpsCACertificates, settings.Connect);
        // The deadlines are those of StallGuard and RetryingBucket.
        return new HttpClient(new Headers(handler)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public override string? GetConfigUniqueString(IClientConfig clientConfig) => null; // one HTTP client per SDK client

    /// <summary>The SDK asks for "100 Continue" with every upload, which costs small ones a round trip.</summary>
    private sealed class Headers(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content?.Headers.ContentLength is not >= ExpectContinueFrom)
                request.Headers.ExpectContinue = false;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
