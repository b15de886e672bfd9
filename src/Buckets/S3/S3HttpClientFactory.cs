using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>The one HTTP client of a bucket, set up for many medium-sized objects over few long-lived connections.</summary>
internal sealed class S3HttpClientFactory(S3BucketSettings settings) : HttpClientFactory
{
    /// <summary>Bodies below this are sent at once; larger ones wait up to a second for the endpoint's "100 Continue".</summary>
    private const long ExpectContinueFrom = 1 << 20;

    /// <summary>Renewed so often that a change of the endpoint's addresses is followed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = settings.MaxConnections,
            ConnectTimeout = settings.ConnectionTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            Expect100ContinueTimeout = TimeSpan.FromSeconds(1),
            // A download that is given up costs a new connection rather than the rest of a large body.
            MaxResponseDrainSize = 64 << 10,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
        };
        if (settings.HttpsCACertificates is { } path)
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(path) };
        // The deadlines are those of StallGuard and RetryingBucket.
        return new HttpClient(new Headers(handler)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public override string? GetConfigUniqueString(IClientConfig clientConfig) => null; // one HTTP client per SDK client

    private static X509ChainPolicy TrustOnly(string path)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(path);
        return policy;
    }

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
