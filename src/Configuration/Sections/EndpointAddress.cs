using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Reads the address of a provider: https, unless it says otherwise.</summary>
internal static class EndpointAddress
{
    /// <param name="reader">The section.</param>
    /// <param name="key">The key; an empty text counts as absent.</param>
    /// <param name="credentials">What to do instead of writing them into the address.</param>
    /// <param name="warnings">Receives a line for plain http that leaves this machine.</param>
    /// <returns>An absolute http or https address; null where the key is absent.</returns>
    /// <exception cref="ConfigurationException">It is no such address.</exception>
    public static Uri? Read(SectionReader reader, TextKey key, string credentials, List<string> warnings)
    {
        string text = reader.Text(key) ?? "";
        if (text.Length == 0)
            return null;
        ConfigurationNode node = reader.Find(key)!;
        string address = text.Contains("://", StringComparison.Ordinal) ? text : "https://" + text;
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.Host.Length == 0)
        {
            throw reader.Error(key, node, "must be a host name or an http or https address");
        }

        if (uri.UserInfo.Length > 0)
            throw node.Error($"{reader.NameOf(key)} must not contain a user name or password: {credentials}.");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw reader.Error(key, node, "must end before any ? or #");
        WarnOfPlainHttp(reader, key, uri, warnings);
        return uri;
    }

    public static void WarnOfPlainHttp(SectionReader reader, ConfigurationKey key, Uri uri, List<string> warnings)
    {
        if (uri.Scheme == Uri.UriSchemeHttp && !uri.IsLoopback)
            warnings.Add($"{reader.Find(key)!.Location}: {reader.NameOf(key)} is plain http: anyone on the way can see and change requests; use https.");
    }
}
