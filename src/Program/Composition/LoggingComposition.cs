using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Logging.EventLog;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Composition;

/// <summary>Logging to standard error, which may be a file.</summary>
internal static class LoggingComposition
{
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <param name="settings">Format and level.</param>
    /// <param name="atLeast">Raises the level, for commands that print a result.</param>
    public static ILoggerFactory Create(LoggingSettings settings, LogLevel atLeast = LogLevel.Trace) =>
        LoggerFactory.Create(builder => Configure(builder, settings, atLeast));

    /// <summary>The same, and warnings and errors also to Windows' event log.</summary>
    /// <param name="settings">Format and level.</param>
    /// <param name="source">Whose events they are.</param>
    [SupportedOSPlatform("windows")]
    public static ILoggerFactory CreateForService(LoggingSettings settings, string source) => LoggerFactory.Create(builder =>
    {
        Configure(builder, settings, LogLevel.Trace);
        builder.AddEventLog(options => options.SourceName = source);
        builder.AddFilter<EventLogLoggerProvider>(null, LogLevel.Warning);
    });

    private static void Configure(ILoggingBuilder builder, LoggingSettings settings, LogLevel atLeast)
    {
        builder.SetMinimumLevel(settings.Level > atLeast ? settings.Level : atLeast);
        builder.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        switch (settings.Format)
        {
            case LogFormat.Json:
                builder.AddJsonConsole(options => Use(options));
                break;
            case LogFormat.Systemd:
                builder.AddSystemdConsole();
                break;
            default:
                builder.AddSimpleConsole(options =>
                {
                    Use(options);
                    options.SingleLine = true;
                    options.ColorBehavior = LoggerColorBehavior.Disabled;
                });
                break;
        }
    }

    private static void Use(ConsoleFormatterOptions options)
    {
        options.TimestampFormat = TimestampFormat;
        options.UseUtcTimestamp = true;
    }
}
