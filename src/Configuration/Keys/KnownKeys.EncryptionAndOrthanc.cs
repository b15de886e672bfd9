namespace OrthancCloudFs.Configuration;

public static partial class KnownKeys
{
    public static BooleanKey Enable { get; } = new(SectionNames.Encryption, "Enable", KeySource.Plugin, true)
    {
        Meaning = "Whether attachments are encrypted before they leave this machine.",
    };

    public static TextKey MasterKey { get; } = new(SectionNames.Encryption, "MasterKey", KeySource.Plugin, "[id, path]", TextKey.Required)
    {
        Meaning = "Key for new objects: a number from 0 to 4294967295 and the path of its file. Not required with `\"Enable\": false`.",
        IsSecret = true,
    };

    public static TextKey PreviousMasterKeys { get; } = new(
        SectionNames.Encryption, "PreviousMasterKeys", KeySource.Plugin, "[[id, path], …]", "none")
    {
        Meaning = "Keys that existing objects may still need; ids must differ from each other and from `MasterKey`'s.",
        IsSecret = true,
    };

    public static IntegerKey MaxConcurrentInputSize { get; } = new(
        SectionNames.Encryption, "MaxConcurrentInputSize", KeySource.Plugin, 1024, 1, 1048576, "MB")
    {
        Meaning = "Plaintext that may be in encryption or decryption at one time.",
    };

    public static TextKey StorageDirectory { get; } = new(
        TopLevel, "StorageDirectory", KeySource.Orthanc, "path", "OrthancStorage", "OrthancStorage")
    {
        Meaning = "Where Orthanc stores attachments: the mount point, unless `MountPoint` says otherwise.",
    };

    public static TextKey IndexDirectory { get; } = new(TopLevel, "IndexDirectory", KeySource.Orthanc, "path", "`StorageDirectory`")
    {
        Meaning = "Where Orthanc keeps its SQLite index; read for `check`.",
    };

    public static BooleanKey SyncStorageArea { get; } = new(TopLevel, "SyncStorageArea", KeySource.Orthanc, true)
    {
        Meaning = "Whether Orthanc calls fdatasync for each attachment; read for `check`.",
    };

    public static BooleanKey StorageCompression { get; } = new(TopLevel, "StorageCompression", KeySource.Orthanc, false)
    {
        Meaning = "Whether Orthanc compresses attachments; read for `check`.",
    };

    public static TextKey HttpsCACertificates { get; } = new(
        TopLevel, "HttpsCACertificates", KeySource.Orthanc, "path", "the system's certificates", "")
    {
        Meaning = "PEM file of the certificate authorities to trust for HTTPS. An empty text counts as absent.",
    };
}
