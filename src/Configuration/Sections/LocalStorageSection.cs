namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Reads <c>LocalStorage</c>.</summary>
internal static class LocalStorageSection
{
    public static LocalStorageSettings Read(SectionReader reader, List<string> warnings)
    {
        return new LocalStorageSettings
        {
            Layout = ProviderSection.ReadLayout(reader),
            HybridMode = ProviderSection.ReadHybridMode(reader, warnings),
            Directory = reader.FilePath(KnownKeys.Directory)!,
        };
    }
}
