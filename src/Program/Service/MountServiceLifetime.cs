using System.Runtime.Versioning;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.WindowsServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrthancCloudFs.Program.Service;

/// <summary>
/// The program as Windows' service control manager sees it: it runs when the bucket is mounted, not before, since whatever depends on it is
/// started then.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class MountServiceLifetime(
    IHostEnvironment environment,
    IHostApplicationLifetime application,
    ILoggerFactory loggers,
    IOptions<HostOptions> host,
    IOptions<WindowsServiceLifetimeOptions> options,
    MountOutcome outcome)
    : WindowsServiceLifetime(environment, application, loggers, host, options)
{
    private const int ServiceFailed = 1067; // ERROR_PROCESS_ABORTED

    /// <summary>The manager is told so often that the service is still on its way, and that it needs twice as long.</summary>
    private static readonly TimeSpan Word = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _stopTimeout = host.Value.ShutdownTimeout;

    /// <inheritdoc/>
    protected override void OnStart(string[] args)
    {
        base.OnStart(args);
        while (!outcome.Start.Wait(Word))
            RequestAdditionalTime(2 * (int)Word.TotalMilliseconds);
        if (outcome.Start.Result is { } failure)
            throw new InvalidOperationException(failure); // the manager's log has it, and the service has failed
    }

    /// <inheritdoc/>
    protected override void OnStop()
    {
        RequestAdditionalTime((int)_stopTimeout.TotalMilliseconds);
        base.OnStop();
        ExitCode = outcome.Failed ? ServiceFailed : 0; // after a failure the manager starts it again
    }
}

/// <summary>How the mount of a service began, and ended.</summary>
internal sealed class MountOutcome
{
    private readonly TaskCompletionSource<string?> _start = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null when it is mounted, or the line that says why it will not be.</summary>
    public Task<string?> Start => _start.Task;

    /// <summary>True when it ended although nobody had asked for that.</summary>
    public bool Failed { get; private set; }

    public void SetReady() => _start.TrySetResult(null);

    public void SetFailed(string reason)
    {
        Failed = true;
        _start.TrySetResult(reason);
    }
}
