using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Fuzzing;

/// <summary>Words every line, as a real log would, and counts them.</summary>
internal sealed class LineCounter : ILogger
{
    public int Count { get; set; }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _ = formatter(state, exception);
        Count++;
    }
}
