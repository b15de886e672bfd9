namespace OrthancCloudFs.Configuration.Sections;

/// <summary>Reads <c>LocalStorage</c>.</summary>
internal static class LocalStorageSection
{
    public static LocalStorageSettings Read(SectionReader reader)
    {
        return new LocalStorageSettings
        {
            Layout = ProviderSection.ReadLayout(reader),
            Directory = reader.FilePath(KnownKeys.Directory)!,
        };
    }
}
