using System.Diagnostics;
using Amazon;
using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Program.Composition;

/// <summary>Brings what Amazon's library has to say into the log (<c>EnableAwsSdkLogs</c>).</summary>
internal sealed partial class AwsSdkLog : TraceListener
{
    private readonly ILogger _logger;

    private AwsSdkLog(ILogger logger) => _logger = logger;

    /// <summary>For the whole process, as the library's own switch is.</summary>
    public static void Enable(ILoggerFactory loggers)
    {
        AWSConfigs.LoggingConfig.LogTo = LoggingOptions.SystemDiagnostics;
        AWSConfigs.LoggingConfig.LogResponses = ResponseLoggingOption.Never;
        AWSConfigs.AddTraceListener("Amazon", new AwsSdkLog(loggers.CreateLogger("Amazon")));
    }

    public override void Write(string? message)
    {
        // Comes before each line, with the source's name.
    }

    public override void WriteLine(string? message) => LogLine(message);

    public override void TraceEvent(TraceEventCache? eventCache, string source, TraceEventType eventType, int id, string? message) => LogLine(message);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Message}")]
    private partial void LogLine(string? message);
}
