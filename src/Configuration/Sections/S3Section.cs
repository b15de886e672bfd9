using System.Text.Json;
using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Reads <c>AwsS3Storage</c> with the official plugin's keys and defaults.</summary>
internal static class S3Section
{
    // Amazon's limits for the tags of an object:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
    private const int MostTags = 10;
    private const int LongestTagName = 128;
    private const int LongestTagValue = 256;

    /// <param name="reader">The section.</param>
    /// <param name="uploads">What the plugin has no keys for.</param>
    /// <param name="warnings">Receives one line for each remark.</param>
    public static S3Settings Read(SectionReader reader, UploadRules uploads, List<string> warnings)
    {
        string? accessKey = ReadCredential(reader, KnownKeys.AccessKey, KnownKeys.SecretKey);
        string? secretKey = ReadCredential(reader, KnownKeys.SecretKey, KnownKeys.AccessKey);
        return new S3Settings
        {
            Layout = ProviderSection.ReadLayout(reader),
            HybridMode = ProviderSection.ReadHybridMode(reader, warnings),
            BucketName = ProviderSection.ReadBareName(reader, KnownKeys.BucketName),
            Region = reader.RequiredText(KnownKeys.Region),
            AccessKey = accessKey,
            SecretKey = secretKey is null ? null : new Secret(secretKey),
            Endpoint = EndpointAddress.Read(reader, KnownKeys.Endpoint, "use AccessKey and SecretKey", warnings),
            ConnectionTimeout = ReadConnectionTimeout(reader, warnings),
            RequestTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.RequestTimeout)),
            MaxConnections = (int)reader.Integer(KnownKeys.MaxConnections),
            MaxRetries = (int)reader.Integer(KnownKeys.MaxRetries),
            VirtualAddressing = reader.Boolean(KnownKeys.VirtualAddressing),
            StorageClass = reader.Choice(KnownKeys.StorageClass),
            Tags = ReadTags(reader),
            Checksum = uploads.Checksum,
            IfNoneMatch = uploads.IfNoneMatch,
            Parts = ReadParts(reader),
            EnableAwsSdkLogs = reader.Boolean(KnownKeys.EnableAwsSdkLogs),
        };
    }

    /// <summary>Both or neither, and an empty one (an unset variable, mostly) is not the default credential chain.</summary>
    private static string? ReadCredential(SectionReader reader, TextKey key, TextKey other)
    {
        string? text = reader.Find(key) is null ? null : reader.RequiredText(key);
        if (text is not null && reader.Find(other) is null)
            throw reader.Find(key)!.Error($"{SectionNames.S3}.{key.Name} stands without {other.Name}: set both, or neither for the SDK's default chain.");
        return text;
    }

    private static TimeSpan ReadConnectionTimeout(SectionReader reader, List<string> warnings)
    {
        long seconds = reader.Integer(KnownKeys.ConnectTimeout);
        if (reader.Find(KnownKeys.ConnectionTimeout) is not null)
        {
            if (reader.Find(KnownKeys.ConnectTimeout) is { } old)
                warnings.Add($"{old.Location}: {SectionNames.S3}.ConnectTimeout is ignored, for ConnectionTimeout, its new name, is set.");
            seconds = reader.Integer(KnownKeys.ConnectionTimeout);
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private static Dictionary<string, string> ReadTags(SectionReader reader)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        if (reader.Find(KnownKeys.Tags) is not { } node)
            return tags;
        if (node.Kind != JsonTokenType.StartObject)
            throw reader.Error(KnownKeys.Tags, node, "must be an object of texts { \"name\": \"value\" }");
        if (node.Members.Count > MostTags)
            throw node.Error($"{SectionNames.S3}.Tags holds {node.Members.Count} tags: S3 allows {MostTags} on an object.");
        foreach (ConfigurationMember member in node.Members)
        {
            string tag = $"the tag \"{member.Shown}\" in {SectionNames.S3}.Tags";
            if (member.Name.Length is 0 or > LongestTagName)
                throw member.Error($"{tag} must have a name of 1 to {LongestTagName} characters.");
            if (member.Value.Kind != JsonTokenType.String || member.Value.Text.Length > LongestTagValue)
                throw member.Value.Error($"{tag} must be a text of at most {LongestTagValue} characters, found {member.Value.Describe()}.");
            reader.CheckCharacters(KnownKeys.Tags, member.Value);
            if (!tags.TryAdd(member.Name, member.Value.Text))
                throw member.Error($"{tag} is set twice: keep one.");
        }

        return tags;
    }

    private static PartSettings? ReadParts(SectionReader reader)
    {
        var parts = new PartSettings(reader.Megabytes(KnownKeys.TransferBufferSize), (int)reader.Integer(KnownKeys.TransferPoolSize));
        return reader.Boolean(KnownKeys.UseTransferManager) ? parts : null;
    }
}
