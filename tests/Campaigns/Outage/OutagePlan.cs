namespace OrthancCloudFs.Campaigns.Outage;

/// <summary>How one campaign is made.</summary>
public sealed record OutagePlan
{
    /// <summary>How long the line is cut: one half of it ends every connection, the other half brings no answer.</summary>
    public required TimeSpan Outage { get; init; }

    /// <summary>Of sizes and of what the clients do.</summary>
    public required int Seed { get; init; }

    /// <summary>How long the clients work before the line is cut.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Clients of Orthanc at once.</summary>
    public int Clients { get; init; } = 6;

    /// <summary>Of all clients together, at most: ten minutes store about 1.2 GB.</summary>
    public double CallsPerSecond { get; init; } = 8;
}
