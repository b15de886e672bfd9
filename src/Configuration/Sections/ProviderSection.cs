using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Finds the one provider section and reads what all providers have in common.</summary>
internal static class ProviderSection
{
    private static readonly string[] Served = [SectionNames.S3, SectionNames.LocalStorage];

    /// <returns>Name of the one provider section that is there.</returns>
    /// <exception cref="ConfigurationException">There is none, more than one, or one that is not served.</exception>
    public static string Choose(ConfigurationFiles files)
    {
        string[] present = Served.Concat(SectionNames.UnservedProviders).Where(name => files.Find(name) is not null).ToArray();
        switch (present)
        {
            case []:
                throw new ConfigurationException(
                    $"{files.Path}: no section says where attachments are stored: add \"{SectionNames.S3}\" or \"{SectionNames.LocalStorage}\"; "
                    + $"the smallest that works is \"{SectionNames.LocalStorage}\": {{ \"Directory\": \"/var/lib/orthanc-bucket\", "
                    + "\"StorageEncryption\": { \"MasterKey\": [1, \"/etc/orthanc/master.key\"] } }.");
            case [var name] when Served.Contains(name, StringComparer.Ordinal):
                return name;
            case [var name]:
                throw files.Find(name)!.Error(
                    $"the provider \"{name}\" is not served by this version: use \"{SectionNames.S3}\" or \"{SectionNames.LocalStorage}\".");
            default:
                string names = string.Join(", ", present.Select(name => $"\"{name}\""));
                throw files.Find(present[1])!.Error($"there is more than one provider section ({names}): keep the one that holds the attachments.");
        }
    }

    /// <exception cref="ConfigurationException">A value is out of bounds, or asks for what is not served yet.</exception>
    public static StorageLayoutSettings ReadLayout(SectionReader reader)
    {
        const string Reason = "in this version, for existing files in Orthanc's directory are not shown yet";
        if (reader.Choice(KnownKeys.HybridMode) != KnownKeys.HybridMode.DefaultValue)
            throw reader.Error(KnownKeys.HybridMode, $"must be \"{KnownKeys.HybridMode.DefaultValue}\" {Reason}");
        if (reader.Boolean(KnownKeys.MigrationFromFileSystemEnabled))
            throw reader.Error(KnownKeys.MigrationFromFileSystemEnabled, $"must be false {Reason}");

        return new StorageLayoutSettings
        {
            RootPath = ReadRootPath(reader),
            Structure = reader.Choice<StorageStructure>(KnownKeys.StorageStructure),
            EnableLegacyUnknownFiles = reader.Boolean(KnownKeys.EnableLegacyUnknownFiles),
        };
    }

    /// <summary>
    /// One slash at the end is dropped, as the plugins' path library makes the same keys with and without it. Anything else that
    /// some storage could normalise differently is refused.
    /// </summary>
    private static string ReadRootPath(SectionReader reader)
    {
        string path = reader.Text(KnownKeys.RootPath)!;
        if (path.StartsWith('/'))
            throw reader.Error(KnownKeys.RootPath, "must not begin with a slash");
        if (path.EndsWith('/'))
            path = path[..^1];
        if (path.Length > 0 && path.Split('/').Any(segment => segment is "" or "." or ".."))
            throw reader.Error(KnownKeys.RootPath, "must not contain \"..\", \".\" or an empty name between slashes");
        return path;
    }
}
