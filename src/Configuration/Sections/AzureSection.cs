using System.Buffers.Text;
using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Reads <c>AzureBlobStorage</c>, and the older <c>BlobStorage</c>, with the official plugin's keys, and ours.</summary>
/// <remarks>Connection strings: "Configure Azure Storage connection strings" of Microsoft's documentation.</remarks>
internal static class AzureSection
{
    private const string PublicCloud = "core.windows.net";

    public static AzureSettings Read(SectionReader reader, List<string> warnings)
    {
        ConfigurationNode? connection = reader.Find(KnownKeys.ConnectionString);
        ConfigurationNode? url = reader.Find(KnownKeys.AccountUrl);
        if (connection is not null && url is not null)
            throw url.Error($"{reader.NameOf(KnownKeys.AccountUrl)} stands beside ConnectionString: keep the one that applies.");
        if (url is not null)
        {
            Uri address = ReadAccountUrl(reader);
            return Settings(reader, warnings) with { AccountUrl = address, Account = address.AbsoluteUri };
        }

        if (connection is null)
        {
            throw reader.Section!.Error(
                $"{reader.NameOf(KnownKeys.ConnectionString)} is missing: copy it from the account's \"Access keys\" in Azure's portal, or set AccountUrl "
                + "to use the identity of this machine.");
        }

        string text = reader.RequiredText(KnownKeys.ConnectionString).Trim();
        return Settings(reader, warnings) with { ConnectionString = new Secret(text), Account = ReadAccount(reader, text, warnings) };
    }

    public static AzureSettings ReadOld(SectionReader reader)
    {
        string name = reader.RequiredText(KnownKeys.AccountName).Trim();
        string key = reader.RequiredText(KnownKeys.AccountKey).Trim();
        if (name.Length == 0 || !name.All(char.IsAsciiLetterOrDigit))
            throw reader.Error(KnownKeys.AccountName, "must be the bare name of an account: letters and digits");
        if (!Base64.IsValid(key))
            throw reader.Error(KnownKeys.AccountKey, "must be the account's key in base64");
        string connection = $"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={key};EndpointSuffix={PublicCloud}";
        return Settings(reader, []) with { ConnectionString = new Secret(connection), Account = name };
    }

    private static AzureSettings Settings(SectionReader reader, List<string> warnings) => new()
    {
        Account = "",
        Layout = ProviderSection.ReadLayout(reader),
        HybridMode = ProviderSection.ReadHybridMode(reader, warnings),
        ContainerName = ProviderSection.ReadBareName(reader, KnownKeys.ContainerName, trims: true),
        CreateContainerIfNotExists = reader.Boolean(KnownKeys.CreateContainerIfNotExists),
        AccessTier = reader.Choice(KnownKeys.AccessTier),
        ConnectionTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.ConnectionTimeout)),
        RequestTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.RequestTimeout)),
        MaxConnections = (int)reader.Integer(KnownKeys.MaxConnections),
        MaxRetries = (int)reader.Integer(KnownKeys.MaxRetries),
    };

    /// <summary>Identities are given out over https only.</summary>
    private static Uri ReadAccountUrl(SectionReader reader)
    {
        Uri? address = EndpointAddress.Read(reader, KnownKeys.AccountUrl, "use ConnectionString", []);
        return address?.Scheme == Uri.UriSchemeHttps
            ? address
            : throw reader.Error(KnownKeys.AccountUrl, "must be an https address such as \"https://account.blob.core.windows.net\"");
    }

    /// <summary>The account that a connection string names; what is wrong in it is found before anything is asked of it.</summary>
    private static string ReadAccount(SectionReader reader, string connection, List<string> warnings)
    {
        Dictionary<string, string> parts = Split(reader, connection);
        if (parts.TryGetValue("UseDevelopmentStorage", out string? development) && development.Equals("true", StringComparison.OrdinalIgnoreCase))
            return "devstoreaccount1";
        parts.TryGetValue("AccountName", out string? account);
        parts.TryGetValue("BlobEndpoint", out string? endpoint);
        if (account is null && endpoint is null)
            throw Refused(reader, "must name an account: AccountName=… or BlobEndpoint=…");
        if (parts.TryGetValue("AccountKey", out string? key) ? !Base64.IsValid(key) || account is null : !parts.ContainsKey("SharedAccessSignature"))
            throw Refused(reader, "must hold AccountName and AccountKey (in base64), or SharedAccessSignature");
        CheckEndpoint(reader, parts, endpoint, warnings);
        return endpoint is null ? account! : $"{account} {endpoint}";
    }

    private static Dictionary<string, string> Split(SectionReader reader, string connection)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string part in connection.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw Refused(reader, "must consist of parts such as AccountName=…, separated by semicolons");
            if (!parts.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim()))
                throw Refused(reader, "must name each part once");
        }

        return parts;
    }

    private static void CheckEndpoint(SectionReader reader, Dictionary<string, string> parts, string? endpoint, List<string> warnings)
    {
        Uri? uri = null;
        if (endpoint is not null && (!Uri.TryCreate(endpoint, UriKind.Absolute, out uri) || uri.Scheme is not ("http" or "https")))
            throw Refused(reader, "must hold an http or https address as BlobEndpoint");
        bool isPlain = parts.TryGetValue("DefaultEndpointsProtocol", out string? protocol) && protocol.Equals("http", StringComparison.OrdinalIgnoreCase);
        uri ??= isPlain ? new Uri("http://core.windows.net") : null;
        if (uri is not null)
            EndpointAddress.WarnOfPlainHttp(reader, KnownKeys.ConnectionString, uri, warnings);
    }

    private static ConfigurationException Refused(SectionReader reader, string expectation) => reader.Error(KnownKeys.ConnectionString, expectation);
}
