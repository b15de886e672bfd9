namespace OrthancCloudFs.FuseAdapter;

/// <summary>What the local directory beneath the mount point has to do with attachments.</summary>
public enum HybridStorage
{
    /// <summary>Nothing: attachments are in the bucket alone, and what lies in local hash folders is hidden.</summary>
    None,

    /// <summary>Attachments are read and deleted in both; new ones go to the bucket.</summary>
    WriteToBucket,

    /// <summary>Attachments are read and deleted in both; new ones go to the local directory.</summary>
    WriteToUnderlay,
}
