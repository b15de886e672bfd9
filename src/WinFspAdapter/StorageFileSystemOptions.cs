namespace OrthancCloudFs.WinFspAdapter;

/// <summary>What the mounted volume looks like.</summary>
public sealed record StorageFileSystemOptions
{
    /// <summary>The local folder that holds what is no attachment, such as Orthanc's index.</summary>
    public required string UnderlayDirectory { get; init; }

    /// <summary>Shown by Explorer.</summary>
    public required string Label { get; init; }

    /// <summary>Owner and rights of everything; self-relative.</summary>
    public required ReadOnlyMemory<byte> SecurityDescriptor { get; init; }

    /// <summary>Refuse every change.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The longest that an operation may take, waiting for its turn in the staging memory included.</summary>
    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromMinutes(3);
}
