namespace OrthancCloudFs.Buckets.S3;

/// <summary>How an S3 bucket is reached and how objects are stored there: the keys of the section <c>AwsS3Storage</c> that say so.</summary>
public sealed record S3BucketSettings
{
    /// <summary>The bucket's name (<c>BucketName</c>).</summary>
    public required string BucketName { get; init; }

    /// <summary>The region's name, e.g. <c>eu-west-3</c> (<c>Region</c>); also what requests to an <see cref="Endpoint"/> are signed for.</summary>
    public required string Region { get; init; }

    /// <summary>Null together with <see cref="SecretKey"/>: the SDK's default credential chain.</summary>
    public string? AccessKey { get; init; }

    /// <summary>Never printed, not even by <see cref="ToString"/>.</summary>
    public string? SecretKey { get; init; }

    /// <summary>Host name or URL of a provider other than AWS; https unless it says <c>http://</c>. Null: AWS in <see cref="Region"/>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>For one TCP and TLS handshake.</summary>
    public TimeSpan ConnectionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An attempt is given up when not one byte moved for so long, in either direction. Ours, not the plugin's: so that one dead
    /// connection does not use up the time of a whole operation.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections to the endpoint at once.</summary>
    public int MaxConnections { get; init; } = 25;

    /// <summary>True: <c>https://bucket.endpoint/key</c>; false: <c>https://endpoint/bucket/key</c> (path style).</summary>
    public bool VirtualAddressing { get; init; } = true;

    /// <summary>E.g. <c>STANDARD_IA</c>; null leaves it to the bucket.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Set on every new object, in the request that stores it.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>A PEM file of the authorities to trust instead of the system's (Orthanc's <c>HttpsCACertificates</c>).</summary>
    public string? HttpsCACertificates { get; init; }

    /// <summary>How an upload is protected on its way; see <see cref="S3UploadChecksum"/>.</summary>
    public S3UploadChecksum Checksum { get; init; } = S3UploadChecksum.Sha256;

    /// <summary>
    /// Compare the MD5 of each whole object that is read with its ETag, where the ETag is an MD5. For content that does not authenticate
    /// itself.
    /// </summary>
    public bool VerifyETagOnGet { get; init; }

    /// <summary>Appended to the SDK's user agent.</summary>
    public string? UserAgentSuffix { get; init; }

    /// <summary>For tests: what carries the bytes in the place of a TCP connection.</summary>
    internal Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"s3://{BucketName} at {Endpoint ?? $"AWS {Region}"}";
}

/// <summary>
/// What the endpoint verifies before it confirms an upload. Each choice signs the SHA-256 of the real body
/// (<c>x-amz-content-sha256</c>, never <c>aws-chunked</c> with trailers), which every endpoint with signature version 4 must check.
/// </summary>
public enum S3UploadChecksum
{
    /// <summary>Also sent as <c>x-amz-checksum-sha256</c>, which AWS keeps with the object. The default.</summary>
    Sha256,

    /// <summary>Also <c>Content-MD5</c>, for gateways that refuse the header of <see cref="Sha256"/> or do not check the signed hash.</summary>
    Md5,

    /// <summary>Nothing more than the signature, for gateways that refuse both headers.</summary>
    SignatureOnly,
}
