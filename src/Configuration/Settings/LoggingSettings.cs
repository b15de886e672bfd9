using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Configuration;

/// <summary>What is logged, and where to.</summary>
public sealed record LoggingSettings
{
    public required LogLevel Level { get; init; }

    public required LogFormat Format { get; init; }

    /// <summary>The file to append to; null for standard error.</summary>
    public string? File { get; init; }
}

/// <summary>Formatters of Microsoft.Extensions.Logging.Console, by their names.</summary>
public enum LogFormat
{
    Simple,
    Json,
    Systemd,
}
