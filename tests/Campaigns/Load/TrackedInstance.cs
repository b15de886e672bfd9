namespace OrthancCloudFs.Campaigns.Load;

/// <summary>What a client was told of an instance.</summary>
internal enum InstanceState
{
    /// <summary>Asked for; no answer yet.</summary>
    Storing,

    /// <summary>Orthanc said that it has it, and nobody asked to delete it.</summary>
    Stored,

    /// <summary>Orthanc said no, or nothing.</summary>
    NotAcknowledged,

    /// <summary>Its delete was asked for; no answer yet, or none that says it is done.</summary>
    Deleting,

    /// <summary>Orthanc said that it is deleted.</summary>
    Deleted,
}

/// <summary>One instance from the client's side. Owned by its <see cref="Ledger"/>.</summary>
internal sealed class TrackedInstance(string checksum, int length)
{
    /// <summary>SHA-256 of the DICOM file, which no other instance has.</summary>
    public string Checksum => checksum;

    /// <summary>Of the DICOM file in bytes.</summary>
    public int Length => length;

    /// <summary>Orthanc's name, once it said it.</summary>
    public string? Id { get; set; }

    public InstanceState State { get; set; }

    /// <summary>What was away while it was stored or deleted.</summary>
    public Victims Disturbed { get; set; }

    /// <summary>Who reads it; it is not deleted meanwhile.</summary>
    public int Readers { get; set; }

    public override string ToString() => $"instance {Id ?? "without a name"} of {length} bytes";
}
