using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>
/// Tells systemd what the program does (sd_notify(3), <c>Type=notify</c>): waiting, ready, stopping, alive. Without systemd it does nothing.
/// </summary>
internal sealed partial class ServiceManager(ILogger logger)
{
    /// <summary>For what comes after an announced time: a unit's own limits stay what they are for everything else.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly SystemdNotifier _notifier = new();

    /// <summary>The bucket is not reachable yet, and the next word of it comes within a time.</summary>
    public void SayWaiting(string reason, TimeSpan nextWord) => Say($"STATUS=Waiting for the bucket: {reason}", ExtendBy(nextWord));

    /// <summary>The mount serves.</summary>
    public void SayReady(string status) => Say("READY=1", $"STATUS={status}");

    /// <summary>The program ends, within a time.</summary>
    public void SayStopping(TimeSpan within) =>
        Say("STOPPING=1", "STATUS=Waiting for open files and for the bucket before unmounting", ExtendBy(within));

    /// <summary>What is left at the end.</summary>
    public void SayStatus(string status) => Say($"STATUS={status}");

    /// <summary>
    /// Says that the program is alive, twice in the time after which systemd kills it otherwise; runs on the thread pool, and so also
    /// proves that the pool answers. Returns when it is cancelled, or at once where nobody watches.
    /// </summary>
    /// <param name="isWorking">Whether the program does its work; given the time since the last word but one. Silence is the answer to false.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task KeepAliveAsync(Func<TimeSpan, bool> isWorking, CancellationToken cancellationToken)
    {
        if (WatchdogInterval() is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval / 2);
        try
        {
            do
            {
                if (isWorking(interval))
                    Say("WATCHDOG=1");
                else
                    LogNotWorking(interval);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
    }

    private static string ExtendBy(TimeSpan time) => $"EXTEND_TIMEOUT_USEC={(long)(time + Margin).TotalMicroseconds}";

    /// <summary>As the unit's <c>WatchdogSec=</c> says; null when nobody watches this process.</summary>
    private static TimeSpan? WatchdogInterval()
    {
        bool isOurs = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } process
            || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(
            Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds)
            && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }

    private void Say(params ReadOnlySpan<string> lines)
    {
        try
        {
            _notifier.Notify(new ServiceState(string.Join('\n', lines)));
        }
        catch (SocketException e)
        {
            LogNotSaid(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "For {Interval} no request was taken from the kernel; systemd's watchdog is not told that all is well")]
    private partial void LogNotWorking(TimeSpan interval);

    [LoggerMessage(Level = LogLevel.Warning, Message = "systemd cannot be told about the mount: {Reason}")]
    private partial void LogNotSaid(string reason);
}
