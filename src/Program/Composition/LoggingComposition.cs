using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Composition;

/// <summary>Logging to standard error, which may be a file.</summary>
internal static class LoggingComposition
{
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <param name="settings">Format and level.</param>
    /// <param name="atLeast">Raises the level, for commands that print a result.</param>
    public static ILoggerFactory Create(LoggingSettings settings, LogLevel atLeast = LogLevel.Trace) => LoggerFactory.Create(builder =>
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
    });

    private static void Use(ConsoleFormatterOptions options)
    {
        options.TimestampFormat = TimestampFormat;
        options.UseUtcTimestamp = true;
    }
}
