namespace OrthancCloudFs.Campaigns.Load;

/// <summary>What a campaign takes away.</summary>
[Flags]
internal enum Victims
{
    None = 0,
    Mount = 1,
    Orthanc = 2,

    /// <summary>The bucket's gateway, or the line to it.</summary>
    Gateway = 4,
    All = Mount | Orthanc | Gateway,
}
