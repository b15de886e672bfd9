using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Finds the one provider section and reads what all providers have in common.</summary>
internal static class ProviderSection
{
    /// <returns>Name of the one provider section that is there.</returns>
    /// <exception cref="ConfigurationException">There is none, or more than one.</exception>
    public static string Choose(ConfigurationFiles files)
    {
        string[] present = SectionNames.Providers.Where(name => files.Find(name) is not null).ToArray();
        switch (present)
        {
            case []:
                throw new ConfigurationException(
                    $"{files.Path}: no section says where attachments are stored: add \"{SectionNames.S3}\", "
                    + $"\"{SectionNames.Azure}\", \"{SectionNames.Google}\" or \"{SectionNames.LocalStorage}\"; "
                    + $"the smallest that works is \"{SectionNames.LocalStorage}\": {{ \"Directory\": \"/var/lib/orthanc-bucket\", "
                    + "\"StorageEncryption\": { \"MasterKey\": [1, \"/etc/orthanc/master.key\"] } }.");
            case [var name]:
                return name;
            default:
                string names = string.Join(", ", present.Select(name => $"\"{name}\""));
                throw files.Find(present[1])!.Error($"there is more than one provider section ({names}): keep the one that holds the attachments.");
        }
    }

    /// <summary>The settings of one provider.</summary>
    /// <param name="reader">Its section.</param>
    /// <param name="name">The section's name.</param>
    /// <param name="uploads">What the plugins have no keys for.</param>
    /// <param name="warnings">Receives one line for each remark.</param>
    public static ProviderSettings Read(SectionReader reader, string name, UploadRules uploads, List<string> warnings) => name switch
    {
        SectionNames.S3 => S3Section.Read(reader, uploads, warnings),
        SectionNames.Azure => AzureSection.Read(reader, warnings),
        SectionNames.OldAzure => AzureSection.ReadOld(reader),
        SectionNames.Google => GoogleSection.Read(reader, warnings),
        _ => LocalStorageSection.Read(reader, warnings),
    };

    /// <summary>What a key says, or else its old name.</summary>
    public static HybridMode ReadHybridMode(SectionReader reader, List<string> warnings)
    {
        var mode = reader.Choice<HybridMode>(KnownKeys.HybridMode);
        bool migrates = reader.Boolean(KnownKeys.MigrationFromFileSystemEnabled);
        if (reader.Find(KnownKeys.HybridMode) is null)
            return migrates ? HybridMode.WriteToObjectStorage : HybridMode.Disabled;
        if (reader.Find(KnownKeys.MigrationFromFileSystemEnabled) is { } old && migrates != (mode == HybridMode.WriteToObjectStorage))
            warnings.Add($"{old.Location}: {reader.NameOf(KnownKeys.MigrationFromFileSystemEnabled)} is ignored, for HybridMode, its new name, is set.");
        return mode;
    }

    /// <exception cref="ConfigurationException">A value is out of bounds.</exception>
    public static StorageLayoutSettings ReadLayout(SectionReader reader)
    {
        _ = reader.Boolean(KnownKeys.EnableLegacyUnknownFiles); // checked all the same, so that it is right for the plugin
        return new StorageLayoutSettings
        {
            RootPath = ReadRootPath(reader),
            Structure = reader.Choice<StorageStructure>(KnownKeys.StorageStructure),
        };
    }

    /// <summary>The name of a bucket or container.</summary>
    /// <param name="trims">White space around it is dropped, as the plugin for that provider does.</param>
    public static string ReadBareName(SectionReader reader, TextKey key, bool trims = false)
    {
        string name = reader.RequiredText(key);
        if (trims)
            name = name.Trim();
        return name.Length == 0 || name.Any(c => c == '/' || char.IsWhiteSpace(c))
            ? throw reader.Error(key, "must be a bare name, without slashes and spaces")
            : name;
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
