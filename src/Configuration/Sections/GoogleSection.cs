namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Reads <c>GoogleCloudStorage</c> with the official plugin's keys, and ours.</summary>
internal static class GoogleSection
{
    public static GoogleSettings Read(SectionReader reader, List<string> warnings) => new()
    {
        Layout = ProviderSection.ReadLayout(reader),
        HybridMode = ProviderSection.ReadHybridMode(reader, warnings),
        BucketName = ProviderSection.ReadBareName(reader, KnownKeys.GoogleBucketName),
        ServiceAccountFile = reader.FilePath(KnownKeys.ServiceAccountFile),
        Endpoint = EndpointAddress.Read(reader, KnownKeys.GoogleEndpoint, "use ServiceAccountFile", warnings),
        ConnectionTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.ConnectionTimeout)),
        RequestTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.RequestTimeout)),
        MaxConnections = (int)reader.Integer(KnownKeys.MaxConnections),
        MaxRetries = (int)reader.Integer(KnownKeys.MaxRetries),
    };
}
