namespace OrthancCloudFs.Attachments.Health;

/// <summary>How well the storage is.</summary>
public enum HealthLevel
{
    /// <summary>It works, as far as is known.</summary>
    Green,

    /// <summary>It works; somebody should have a look.</summary>
    Yellow,

    /// <summary>Attachments cannot be stored or fetched now.</summary>
    Red,
}

/// <summary>How well the storage is now, and why; without reasons it is green. A reason names no attachment.</summary>
public sealed record HealthReport(HealthLevel Level, IReadOnlyList<string> Reasons);
