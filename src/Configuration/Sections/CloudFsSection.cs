using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Configuration.Json;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>How new objects are put: what <c>OrthancCloudFs</c> adds to the plugin's S3 section.</summary>
internal sealed record UploadRules(ObjectChecksum Checksum, bool IfNoneMatch);

/// <summary>Reads what <c>OrthancCloudFs</c> says of the mount, of uploads and of logging.</summary>
internal static class CloudFsSection
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;

    /// <summary>The highest id: 4294967295 means "no change" to chown(2).</summary>
    private const uint HighestAccountId = uint.MaxValue - 1;

    public static MountSettings ReadMount(SectionReader reader, List<string> warnings)
    {
        return new MountSettings
        {
            Owner = ReadAccount(reader, KnownKeys.Owner),
            Group = ReadAccount(reader, KnownKeys.Group),
            DirectoryMode = ReadMode(reader, KnownKeys.DirectoryMode, OwnerReadWrite | UnixFileMode.UserExecute, warnings),
            FileMode = ReadMode(reader, KnownKeys.FileMode, OwnerReadWrite, warnings),
            AllowOther = reader.OptionalBoolean(KnownKeys.AllowOther),
            ReadMode = reader.Choice<ReadMode>(KnownKeys.ReadMode),
            GuardUnderlay = reader.Boolean(KnownKeys.GuardUnderlay),
            EntryTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.EntryTimeout)),
            ShutdownTimeout = TimeSpan.FromSeconds(reader.Integer(KnownKeys.ShutdownTimeout)),
        };
    }

    public static LoggingSettings ReadLogging(SectionReader reader)
    {
        return new LoggingSettings
        {
            Level = reader.Choice<LogLevel>(KnownKeys.LogLevel),
            Format = reader.Choice<LogFormat>(KnownKeys.LogFormat),
            File = reader.FilePath(KnownKeys.LogFile),
        };
    }

    /// <summary>A journal holds no plaintext, so it needs encryption.</summary>
    public static WriteMode ReadWriteMode(SectionReader reader, EncryptionSettings encryption)
    {
        WriteMode mode = reader.Choice<WriteMode>(KnownKeys.WriteMode);
        return mode == WriteMode.Journal && !encryption.Enabled
            ? throw reader.Error(KnownKeys.WriteMode, "must be \"Through\" while \"StorageEncryption\" is not enabled, since a journal holds no plain attachments")
            : mode;
    }

    /// <summary>Checked with every provider, although only S3 uses them.</summary>
    public static UploadRules ReadUploadRules(SectionReader reader)
    {
        return new UploadRules(reader.Choice<ObjectChecksum>(KnownKeys.Checksum), reader.Boolean(KnownKeys.IfNoneMatch));
    }

    private static AccountReference? ReadAccount(SectionReader reader, TextKey key)
    {
        if (reader.Find(key) is not { } node)
            return null;
        if (SectionReader.WholeNumber(node) is >= 0 and <= HighestAccountId and var number)
            return new AccountReference(null, (uint)number);
        if (node.Kind != JsonTokenType.String || node.Text.Length == 0)
            throw reader.Error(key, node, $"must be a name, or an id from 0 to {HighestAccountId}");
        reader.CheckCharacters(key, node);
        if (!node.Text.All(char.IsAsciiDigit))
            return new AccountReference(node.Text, null);
        return uint.TryParse(node.Text, out uint id) && id <= HighestAccountId
            ? new AccountReference(null, id)
            : throw reader.Error(key, node, $"must be a name, or an id from 0 to {HighestAccountId}");
    }

    private static UnixFileMode ReadMode(SectionReader reader, TextKey key, UnixFileMode needed, List<string> warnings)
    {
        ConfigurationNode? node = reader.Find(key);
        string text = node is null ? key.DefaultValue! : node.Text;
        bool isOctal = text is { Length: 3 or 4 } && text.All(c => c is >= '0' and <= '7');
        if (node is not null && (node.Kind != JsonTokenType.String || !isOctal))
            throw reader.Error(key, node, $"must be a text of octal digits such as \"{key.DefaultValue}\"");
        var mode = (UnixFileMode)Convert.ToInt32(text, 8);
        if ((mode & ~Permissions) != UnixFileMode.None || (mode & needed) != needed)
            throw reader.Error(key, node!, $"must be from {key.DefaultValue} to 0777 and give the owner all of {key.DefaultValue}");
        if ((mode & Others) != UnixFileMode.None)
            warnings.Add($"{node!.Location}: {SectionNames.CloudFs}.{key.Name} lets every user of this machine at the attachments.");
        return mode;
    }
}
