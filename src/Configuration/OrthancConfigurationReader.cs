using System.Collections;
using OrthancCloudFs.Configuration.Json;
using OrthancCloudFs.Configuration.Sections;

namespace OrthancCloudFs.Configuration;

/// <summary>
/// Reads the very configuration that Orthanc is started with: a file or a folder of files, in Orthanc's own dialect of JSON, with
/// the sections of the official plugins and one of this program. No network, no key file and no account is looked at.
/// </summary>
public static class OrthancConfigurationReader
{
    /// <summary>Sections whose names are worth a warning when slightly misspelt.</summary>
    private static readonly string[] OurSections =
        [SectionNames.CloudFs, SectionNames.Encryption, .. SectionNames.Providers];

    /// <param name="path">A file, or a folder with <c>*.json</c> files.</param>
    /// <param name="environment">Environment variables for <c>${VAR}</c>; by default those of this process.</param>
    /// <exception cref="ConfigurationException">The configuration is missing, wrong, or asks for what is not served; nothing else is
    /// thrown for what is in the files.</exception>
    public static ConfigurationResult Read(string path, IReadOnlyDictionary<string, string>? environment = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var warnings = new List<string>();
        ConfigurationFiles files = ConfigurationFiles.Read(path, environment ?? ProcessEnvironment(), warnings);
        WarnOfMisspeltSections(files, warnings);

        string providerName = ProviderSection.Choose(files);
        var provider = new SectionReader(providerName, files.Find(providerName), files.Folder, warnings);
        var cloudFs = new SectionReader(SectionNames.CloudFs, files.Find(SectionNames.CloudFs), files.Folder, warnings);
        var orthanc = SectionReader.TopLevel(files);

        OrthancFacts facts = ReadOrthancFacts(orthanc);
        UploadRules uploads = CloudFsSection.ReadUploadRules(cloudFs);
        EncryptionSettings encryption = EncryptionSection.Read(files, provider, providerName, warnings);
        var settings = new CloudFsSettings
        {
            MountPoint = cloudFs.FilePath(KnownKeys.MountPoint) ?? facts.StorageDirectory,
            Provider = ProviderSection.Read(provider, providerName, uploads, warnings),
            Encryption = encryption,
            Mount = CloudFsSection.ReadMount(cloudFs, warnings),
            Logging = CloudFsSection.ReadLogging(cloudFs),
            Orthanc = facts,
            StagingMemoryBytes = cloudFs.Megabytes(KnownKeys.StagingMemory),
            StateDirectory = cloudFs.FilePath(KnownKeys.StateDirectory)!,
            UnderlayDirectory = cloudFs.FilePath(KnownKeys.UnderlayDirectory),
            WriteMode = CloudFsSection.ReadWriteMode(cloudFs, encryption),
            JournalMaxBytes = cloudFs.Megabytes(KnownKeys.JournalMaxSize),
            AllowPlainObjects = ReadAllowPlainObjects(cloudFs, encryption, warnings),
            HealthPort = (int)cloudFs.Integer(KnownKeys.HealthPort),
            HttpsCACertificates = orthanc.Text(KnownKeys.HttpsCACertificates) is { Length: > 0 } file ? orthanc.Absolute(file) : null,
        };
        if (settings is { Provider.HybridMode: HybridMode.WriteToFileSystem, Encryption.Enabled: true })
        {
            string place = provider.Find(KnownKeys.HybridMode)!.Location;
            warnings.Add($"{place}: with {providerName}.HybridMode \"WriteToFileSystem\" new attachments stay on this machine, in plain.");
        }

        if (MountPointRules.FindFault(settings) is { } fault)
            throw new ConfigurationException($"{files.Path}: {fault}");
        return new ConfigurationResult(settings, warnings);
    }

    private static OrthancFacts ReadOrthancFacts(SectionReader orthanc)
    {
        string storage = orthanc.FilePath(KnownKeys.StorageDirectory)!;
        return new OrthancFacts
        {
            StorageDirectory = storage,
            IndexDirectory = orthanc.FilePath(KnownKeys.IndexDirectory) ?? storage,
            SyncStorageArea = orthanc.Boolean(KnownKeys.SyncStorageArea),
            StorageCompression = orthanc.Boolean(KnownKeys.StorageCompression),
        };
    }

    private static bool ReadAllowPlainObjects(SectionReader cloudFs, EncryptionSettings encryption, List<string> warnings)
    {
        bool allow = cloudFs.Boolean(KnownKeys.AllowPlainObjects);
        if (allow && encryption.Enabled)
        {
            string place = cloudFs.Find(KnownKeys.AllowPlainObjects)!.Location;
            warnings.Add($"{place}: {SectionNames.CloudFs}.AllowPlainObjects lets objects be read that no key authenticates.");
        }

        return allow;
    }

    private static void WarnOfMisspeltSections(ConfigurationFiles files, List<string> warnings)
    {
        const int MostTypos = 2;
        foreach (ConfigurationMember member in files.Members)
        {
            string nearest = SectionReader.Nearest(member.Name, OurSections);
            if (member.Name != nearest && SectionReader.Distance(member.Name, nearest) <= MostTypos)
                warnings.Add($"{member.Location}: the section \"{member.Shown}\" is unknown and ignored; perhaps \"{nearest}\" is meant.");
        }
    }

    private static Dictionary<string, string> ProcessEnvironment()
    {
        return Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
    }
}
