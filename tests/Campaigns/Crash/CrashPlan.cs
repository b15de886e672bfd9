namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>How one campaign is made.</summary>
public sealed record CrashPlan
{
    /// <summary>Kills, one after the other, each with a restart and a look at what was acknowledged.</summary>
    public required int Rounds { get; init; }

    /// <summary>The mount's <c>WriteMode</c>.</summary>
    public required string WriteMode { get; init; }

    /// <summary>Of victims, moments, sizes and what the clients do.</summary>
    public required int Seed { get; init; }

    /// <summary>Clients of Orthanc at once.</summary>
    public int Clients { get; init; } = 6;

    /// <summary>After so many rounds, and at the end, everything is read, not only a sample.</summary>
    public int RoundsPerAudit { get; init; } = 20;

    /// <summary>Older instances that are read in each round, besides all that were acknowledged since the last one.</summary>
    public int SampleOfOld { get; init; } = 10;

    /// <summary>About so many instances are there at one time; above it, clients delete more than they store.</summary>
    public int Population { get; init; } = 250;

    /// <summary>The most calls that are answered in peace before a kill: counted, so that a slow machine is put to the same test.</summary>
    public int LongestCalm { get; init; } = 120;
}
