using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>The connections of one bucket, set up for many medium-sized objects over few long-lived ones.</summary>
internal static class BucketHttpHandler
{
    /// <summary>Renewed so often that a change of the endpoint's addresses is followed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <param name="maxConnections">To one server; further requests wait.</param>
    /// <param name="connectionTimeout">For one TCP and TLS handshake.</param>
    /// <param name="certificateAuthorities">A PEM file of the authorities to trust instead of the system's.</param>
    /// <param name="connect">What carries the bytes in the place of a TCP connection; null for TCP.</param>
    internal static SocketsHttpHandler Create(
        int maxConnections,
        TimeSpan connectionTimeout,
        string? certificateAuthorities,
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = maxConnections,
            ConnectTimeout = connectionTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            Expect100ContinueTimeout = TimeSpan.FromSeconds(1),
            // A download that is given up costs a new connection rather than the rest of a large body.
            MaxResponseDrainSize = 64 << 10,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectCallback = connect,
        };
        if (certificateAuthorities is { } path)
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(path) };
        return handler;
    }

    private static X509ChainPolicy TrustOnly(string path)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(path);
        return policy;
    }
}
