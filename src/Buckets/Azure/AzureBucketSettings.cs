namespace OrthancCloudFs.Buckets.Azure;

/// <summary>How an Azure container is reached and how blobs are stored there: the keys of the section <c>AzureBlobStorage</c>.</summary>
public sealed record AzureBucketSettings
{
    /// <summary>The container's name (<c>ContainerName</c>).</summary>
    public required string ContainerName { get; init; }

    /// <summary>Names the account and its key or a shared access signature. Never printed. Either this or <see cref="AccountUrl"/>.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The blob endpoint of an account, with the SDK's default credential: managed identity, workload identity and so on.</summary>
    public Uri? AccountUrl { get; init; }

    /// <summary>E.g. <c>Cool</c>; null leaves it to the account.</summary>
    public string? AccessTier { get; init; }

    /// <summary>Make the container in <see cref="AzureBucket.CreateIfMissingAsync"/>.</summary>
    public bool CreateContainerIfNotExists { get; init; } = true;

    /// <summary>For one TCP and TLS handshake.</summary>
    public TimeSpan ConnectionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An attempt is given up when not one byte moved for so long, in either direction.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections to the endpoint at once.</summary>
    public int MaxConnections { get; init; } = 25;

    /// <summary>A PEM file of the authorities to trust instead of the system's (Orthanc's <c>HttpsCACertificates</c>).</summary>
    public string? HttpsCACertificates { get; init; }

    /// <summary>Sent with every request, at the head of the SDK's user agent.</summary>
    public string? ApplicationName { get; init; }

    /// <summary>Compare the MD5 of each whole blob that is read with the one that Azure keeps. For content that does not authenticate itself.</summary>
    public bool VerifyMd5OnGet { get; init; }

    /// <summary>How often a copy that takes Azure its time is asked after.</summary>
    internal TimeSpan CopyPollInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>For tests: what carries the bytes in the place of a TCP connection.</summary>
    internal Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"container {ContainerName}{(AccountUrl is null ? "" : $" at {AccountUrl}")}";
}
