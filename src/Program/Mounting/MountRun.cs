using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Control;
using OrthancCloudFs.Program.Kernel;
using OrthancCloudFs.Program.Monitoring;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>One mount from its beginning to its end, in this process.</summary>
internal sealed partial class MountRun
{
    /// <summary>For the end of requests under way when the mount is away.</summary>
    private static readonly TimeSpan UnmountMargin = TimeSpan.FromSeconds(5);

    private readonly ConfigurationResult _configuration;
    private readonly bool _readOnly;
    private readonly TimeSpan? _patience;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly ServiceManager _serviceManager;
    private readonly DateTimeOffset _since = DateTimeOffset.UtcNow;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<PendingWork> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isUnmounted;

    /// <param name="configuration">What to mount.</param>
    /// <param name="readOnly">Refuse every change.</param>
    /// <param name="patience">How long to wait for a bucket that cannot be reached; null for not at all.</param>
    /// <param name="loggers">Where to log.</param>
    public MountRun(ConfigurationResult configuration, bool readOnly, TimeSpan? patience, ILoggerFactory loggers)
    {
        (_configuration, _readOnly, _patience, _loggers) = (configuration, readOnly, patience, loggers);
        _logger = loggers.CreateLogger("OrthancCloudFs");
        _serviceManager = new ServiceManager(_logger);
    }

    private CloudFsSettings Settings => _configuration.Settings;

    private string MountPoint => Settings.MountPoint;

    /// <summary>Mounts, calls <paramref name="ready"/>, and serves until it is unmounted or told to end.</summary>
    /// <returns>What the bucket has not confirmed; the next mount goes on with it.</returns>
    public async Task<PendingWork> RunAsync(Action ready, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration cancelled = cancellationToken.Register(_stop.Cancel);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, RequestStop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, RequestStop);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, HangUp);
        ControlServer? control = null;
        try
        {
            PendingWork pending = await MountAsync(ready, started => control = started).ConfigureAwait(false);
            _ended.SetResult(pending);
            return pending;
        }
        catch (OperationCanceledException e) when (_stop.IsCancellationRequested && control is null)
        {
            throw new CommandException(ExitCode.Mount, $"told to end before {MountPoint} was mounted", e);
        }
        finally
        {
            // Last of all, when nothing is in use any more: whoever asked to unmount may mount again at once.
            _ended.TrySetCanceled(CancellationToken.None);
            if (control is not null)
                await control.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<PendingWork> MountAsync(Action ready, Action<ControlServer> controlStarted)
    {
        await RequireNotMountedAsync(_stop.Token).ConfigureAwait(false);
        using var kernel = KernelAdapter.Create(Settings, _readOnly, _loggers);
        StorageComposition storage = StorageComposition.Create(
            _configuration, _loggers, _readOnly ? StorageUse.Reading : StorageUse.Writing, kernel);
        await using (storage.ConfigureAwait(false))
        {
            var monitoring = MountMonitoring.Start(Settings.HealthPort, storage);
            await using ConfiguredAsyncDisposable monitored = monitoring.ConfigureAwait(false);
            foreach (string warning in storage.Warnings)
            {
                LogWarning(warning);
                BackgroundMount.SayToWaitingHalf($"warning: {warning}");
            }

            var bucket = new BucketReadiness(storage, _readOnly, _serviceManager, _logger);
            await (_patience is { } patience ? bucket.WaitAsync(patience, _stop.Token) : bucket.EnsureAsync(_stop.Token)).ConfigureAwait(false);
            kernel.ProtectUnderlay();
            var tree = new AttachmentTree(storage.Store);
            KernelMount mount = kernel.Mount(tree);
            await using (mount.ConfigureAwait(false))
            {
                monitoring.Watch(mount);
                controlStarted(ControlServer.Start(MountPoint, () => StatusOf(mount, storage), () => UnmountAsync(mount)));
                await ServeAsync(mount, tree, storage, ready).ConfigureAwait(false);
            }

            // What was deleted until the mount was away counts too.
            PendingWork pending = await storage.Store.DrainAsync(TimeSpan.Zero).ConfigureAwait(false);
            ReportEnd(pending);
            return mount.Loss is { } loss ? throw new MountException(loss) : pending;
        }
    }

    private async Task ServeAsync(KernelMount mount, AttachmentTree tree, StorageComposition storage, Action ready)
    {
        LogMounted(MountPoint, storage.Bucket.Metered.Description, storage.CipherName);
        ready();
        _serviceManager.SayReady($"{storage.Bucket.Metered.Description} is mounted at {MountPoint}");
        using var ending = new CancellationTokenSource();
        Task alive = _serviceManager.KeepAliveAsync(patience => IsWorking(mount, storage, patience), ending.Token);
        var stopRequested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (_stop.Token.Register(() => stopRequested.TrySetResult()))
            await Task.WhenAny(mount.Completion, stopRequested.Task).ConfigureAwait(false);

        TimeSpan patience = Settings.Mount.ShutdownTimeout;
        long began = Stopwatch.GetTimestamp();
        _serviceManager.SayStopping(patience);
        tree.RefuseNew();
        if (!mount.Completion.IsCompleted)
            await UnmountWhenUnusedAsync(mount, patience).ConfigureAwait(false);

        // Whoever still writes hears the failure from us, and not from a mount that was taken away.
        await storage.Store.DrainAsync(patience - Stopwatch.GetElapsedTime(began)).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await alive.ConfigureAwait(false);
    }

    /// <summary>Waits for writers to close, so that they hear the outcome; what is open after that is detached and failed.</summary>
    private async Task UnmountWhenUnusedAsync(KernelMount mount, TimeSpan patience)
    {
        long began = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(patience + UnmountMargin);
        while (await TryUnmountAsync(mount, limit.Token).ConfigureAwait(false) is { } refusal)
        {
            if (Stopwatch.GetElapsedTime(began) > patience)
            {
                LogDetached(MountPoint, refusal);
                return; // disposing the mount detaches it
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
        }
    }

    /// <returns>Why it was not unmounted, or null.</returns>
    private static async Task<string?> TryUnmountAsync(KernelMount mount, CancellationToken cancellationToken)
    {
        try
        {
            await mount.UnmountAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (MountException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return "requests under way do not end";
        }
    }

    private async Task<UnmountAnswer> UnmountAsync(KernelMount mount)
    {
        string? refusal = await TryUnmountAsync(mount, CancellationToken.None).ConfigureAwait(false);
        return new UnmountAnswer(refusal, refusal is null ? await _ended.Task.ConfigureAwait(false) : default);
    }

    /// <summary>For the watchdog. The counters take the locks that requests take: if one is never given back, this hangs as they do.</summary>
    private static bool IsWorking(KernelMount mount, StorageComposition storage, TimeSpan patience)
    {
        _ = storage.Store.Counters;
        return mount.IsServing(patience);
    }

    private void ReportEnd(PendingWork pending)
    {
        _isUnmounted = true;
        if (pending.IsNone)
        {
            LogUnmounted(MountPoint);
            return;
        }

        string line = PendingReport.Line(MountPoint, pending);
        LogWarning(line);
        _serviceManager.SayStatus(line);
    }

    private async Task RequireNotMountedAsync(CancellationToken cancellationToken)
    {
        MountStatus? running = await ControlClient.AskAsync(
            MountPoint, ControlRequest.Status, ControlJson.Default.MountStatus, cancellationToken).ConfigureAwait(false);
        if (running is not null)
        {
            throw new MountException(
                $"{MountPoint} is mounted already, by process {running.ProcessId}; unmount it first: orthanc-cloudfs unmount {MountPoint}");
        }
    }

    private MountStatus? StatusOf(KernelMount mount, StorageComposition storage) =>
        _isUnmounted ? null : MountStatusFactory.Create(MountPoint, _since, mount.Counters, storage);

    /// <summary>A terminal that is closed is no reason to end; the window of a console is, and Windows waits only for this to return.</summary>
    private void HangUp(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!OperatingSystem.IsWindows())
            return;
        _stop.Cancel();
        Task.WhenAny(_ended.Task).Wait();
    }

    private void RequestStop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(Level = LogLevel.Information, Message = "Mounted {Bucket} at {MountPoint}, cipher {Cipher}")]
    private partial void LogMounted(string mountPoint, string bucket, string cipher);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{MountPoint} is detached with files still open, which fail: {Reason}")]
    private partial void LogDetached(string mountPoint, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unmounted {MountPoint}")]
    private partial void LogUnmounted(string mountPoint);
}
