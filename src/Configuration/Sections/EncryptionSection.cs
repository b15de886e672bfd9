using System.Text.Json;
using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>
/// Reads <c>StorageEncryption</c>. The plugins store unencrypted when this section is missing or wrong; here that is refused, and
/// plain storage has to be asked for.
/// </summary>
internal static class EncryptionSection
{
    private const string HowToSayNo = "to store unencrypted on purpose, write \"StorageEncryption\": { \"Enable\": false }";

    private const string HowToMakeAKey =
        "make a key with \"orthanc-cloudfs keygen /etc/orthanc/master.key\" and write "
        + "\"StorageEncryption\": { \"MasterKey\": [1, \"/etc/orthanc/master.key\"] }";

    /// <param name="files">The whole configuration.</param>
    /// <param name="provider">The provider's section, whose own <c>StorageEncryption</c> comes first.</param>
    /// <param name="providerName">Its name.</param>
    /// <param name="warnings">Receives one line for each remark.</param>
    public static EncryptionSettings Read(ConfigurationFiles files, SectionReader provider, string providerName, List<string> warnings)
    {
        ConfigurationNode? inner = provider.Find(KnownKeys.StorageEncryption);
        ConfigurationNode? outer = files.Find(SectionNames.Encryption);
        if (inner is not null && outer is not null)
            warnings.Add($"{outer.Location}: \"{SectionNames.Encryption}\" is ignored, for {providerName} has its own at {inner.Location}.");
        ConfigurationNode section = inner ?? outer ?? throw provider.Section!.Error(
            $"there is no \"{SectionNames.Encryption}\" section in \"{providerName}\" or at the top level: "
            + $"{HowToMakeAKey} into \"{providerName}\"; or, {HowToSayNo}.");

        string? parent = inner is null ? null : providerName;
        return Read(section, new SectionReader(SectionNames.Encryption, section, files.Folder, warnings, parent), warnings);
    }

    private static EncryptionSettings Read(ConfigurationNode section, SectionReader reader, List<string> warnings)
    {
        bool enabled = reader.Boolean(KnownKeys.Enable);
        MasterKeyFile? current = reader.Find(KnownKeys.MasterKey) is { } key ? ReadKey(reader, KnownKeys.MasterKey, key) : null;
        if (enabled && current is null)
            throw section.Error($"\"{SectionNames.Encryption}\" has no \"MasterKey\": {HowToMakeAKey}; or, {HowToSayNo}.");
        if (!enabled)
            warnings.Add($"{section.Location}: encryption is off (\"Enable\": false): attachments are stored as plain objects.");

        return new EncryptionSettings
        {
            Enabled = enabled,
            MasterKey = current,
            PreviousMasterKeys = ReadPreviousKeys(reader, current),
            MaxConcurrentInputBytes = reader.Megabytes(KnownKeys.MaxConcurrentInputSize),
        };
    }

    private static List<MasterKeyFile> ReadPreviousKeys(SectionReader reader, MasterKeyFile? current)
    {
        var keys = new List<MasterKeyFile>();
        if (reader.Find(KnownKeys.PreviousMasterKeys) is not { } list)
            return keys;
        if (list.Kind != JsonTokenType.StartArray)
            throw reader.Error(KnownKeys.PreviousMasterKeys, list, "must be a list [[id, \"path\"], …]");

        var ids = new HashSet<uint>();
        if (current is not null)
            ids.Add(current.Id);
        foreach (ConfigurationNode entry in list.Items)
        {
            MasterKeyFile key = ReadKey(reader, KnownKeys.PreviousMasterKeys, entry);
            if (!ids.Add(key.Id))
                throw entry.Error($"{SectionNames.Encryption}.PreviousMasterKeys gives the id {key.Id} a second time: every key needs its own.");
            keys.Add(key);
        }

        return keys;
    }

    private static MasterKeyFile ReadKey(SectionReader reader, TextKey key, ConfigurationNode node)
    {
        const string Expectation = "must be [id, \"path\"] with an id from 0 to 4294967295";
        if (node.Kind != JsonTokenType.StartArray || node.Items is not [{ } idNode, { } pathNode])
            throw reader.Error(key, node, Expectation);
        if (SectionReader.WholeNumber(idNode) is not (>= uint.MinValue and <= uint.MaxValue and var id))
        {
            string found = idNode.Describe(secret: idNode.Kind != JsonTokenType.Number);
            throw idNode.Error($"the id in {SectionNames.Encryption}.{key.Name} must be a whole number from 0 to 4294967295, found {found}.");
        }

        if (pathNode.Kind != JsonTokenType.String)
            throw pathNode.Error($"{SectionNames.Encryption}.{key.Name} {Expectation}, found {pathNode.Describe(secret: true)} as path.");
        if (pathNode.Text.Length == 0)
            throw pathNode.Error($"{SectionNames.Encryption}.{key.Name} {Expectation}, found an empty text as path.");
        if (LooksLikeKey(pathNode.Text))
        {
            throw pathNode.Error(
                $"{SectionNames.Encryption}.{key.Name} holds what looks like a key where the path of a key file is expected: make a new key with "
                + "\"orthanc-cloudfs keygen\", for this one has been in a configuration file, and name its file here.");
        }

        reader.CheckCharacters(key, pathNode);
        return new MasterKeyFile((uint)id, reader.Absolute(pathNode.Text));
    }

    /// <summary>The base64 or the hex digits of 32 bytes, and no absolute path.</summary>
    private static bool LooksLikeKey(string path)
    {
        string text = path.Trim();
        return (text.Length == 64 && text.All(char.IsAsciiHexDigit))
            || (text.Length == 44 && text[^1] == '=' && Convert.TryFromBase64String(text, new byte[32], out int bytes) && bytes == 32);
    }
}
