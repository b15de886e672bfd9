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
    MountReadiness readiness)
    : WindowsServiceLifetime(environment, application, loggers, host, options)
{
    /// <summary>The manager is told so often that the service is still on its way, and that it needs twice as long.</summary>
    private static readonly TimeSpan Word = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _stopTimeout = host.Value.ShutdownTimeout;

    /// <inheritdoc/>
    protected override void OnStart(string[] args)
    {
        base.OnStart(args);
        while (!readiness.Task.Wait(Word))
            RequestAdditionalTime(2 * (int)Word.TotalMilliseconds);
        if (readiness.Task.Result is { } failure)
            throw new InvalidOperationException(failure); // the manager's log has it, and the service has failed
    }

    /// <inheritdoc/>
    protected override void OnStop()
    {
        RequestAdditionalTime((int)_stopTimeout.TotalMilliseconds);
        base.OnStop();
    }
}

/// <summary>Whether the mount is ready, for who waits: null, or the line that says why it will not be.</summary>
internal sealed class MountReadiness
{
    private readonly TaskCompletionSource<string?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<string?> Task => _outcome.Task;

    public void SetReady() => _outcome.TrySetResult(null);

    public void SetFailed(string reason) => _outcome.TrySetResult(reason);
}
