using Google.Apis.Auth.OAuth2;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>How a bucket of Google Cloud Storage is reached: the keys of the section <c>GoogleCloudStorage</c>.</summary>
public sealed record GoogleBucketSettings
{
    /// <summary>The bucket's name (<c>BucketName</c>).</summary>
    public required string BucketName { get; init; }

    /// <summary>Path of a service account's JSON key; null for the application default credentials (workload identity included).</summary>
    public string? ServiceAccountFile { get; init; }

    /// <summary>Another address of the JSON API: a private endpoint, or an emulator.</summary>
    public Uri Endpoint { get; init; } = new("https://storage.googleapis.com/");

    /// <summary>For one TCP and TLS handshake.</summary>
    public TimeSpan ConnectionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An attempt is given up when not one byte moved for so long, in either direction.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections to the endpoint at once.</summary>
    public int MaxConnections { get; init; } = 25;

    /// <summary>A PEM file of the authorities to trust instead of the system's (Orthanc's <c>HttpsCACertificates</c>).</summary>
    public string? HttpsCACertificates { get; init; }

    /// <summary>Sent with every request, at the head of the user agent.</summary>
    public string? ApplicationName { get; init; }

    /// <summary>Compare the CRC-32C of each whole object that is read. For content that does not authenticate itself.</summary>
    public bool VerifyCrc32COnGet { get; init; }

    /// <summary>For tests: what carries the bytes in the place of a TCP connection.</summary>
    internal Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <summary>For tests where no file can be read: a service account, with its scope, in the place of <see cref="ServiceAccountFile"/>.</summary>
    internal ServiceAccountCredential? ServiceAccount { get; init; }

    /// <summary>What the program may do.</summary>
    internal const string Scope = "https://www.googleapis.com/auth/devstorage.read_write";

    /// <inheritdoc/>
    public override string ToString() => $"gs://{BucketName} at {Endpoint}";
}
