namespace OrthancCloudFs.Configuration;

/// <summary>The values of Orthanc's own keys that matter for a mount, with Orthanc's defaults; for <c>check</c> to judge.</summary>
public sealed record OrthancFacts
{
    public required string StorageDirectory { get; init; }

    /// <summary>Where Orthanc keeps its SQLite index; by default the storage directory.</summary>
    public required string IndexDirectory { get; init; }

    /// <summary>Orthanc calls fdatasync after it wrote an attachment.</summary>
    public required bool SyncStorageArea { get; init; }

    /// <summary>Orthanc compresses attachments before it writes them.</summary>
    public required bool StorageCompression { get; init; }
}
