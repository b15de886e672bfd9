using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FuseServer;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.FuseAdapter;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Control;
using OrthancCloudFs.Program.Monitoring;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>One mount from its beginning to its end, in this process.</summary>
internal sealed partial class MountRun
{
    /// <summary>How long a program that must end waits for files below the mount point to be closed.</summary>
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(10);

    /// <summary>A directory of this machine answers at once, unless its disk is ill.</summary>
    private static readonly TimeSpan LocalRequestTimeout = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A bucket's own deadline comes first, so that the error says what the bucket did; the kernel's request has this much more, for waiting
    /// its turn in the staging memory.
    /// </summary>
    private static readonly TimeSpan DeadlineMargin = TimeSpan.FromMinutes(1);

    private readonly ConfigurationResult _configuration;
    private readonly bool _readOnly;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _since = DateTimeOffset.UtcNow;
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MountRun(ConfigurationResult configuration, bool readOnly, ILoggerFactory loggers)
    {
        (_configuration, _readOnly, _loggers) = (configuration, readOnly, loggers);
        _logger = loggers.CreateLogger("OrthancCloudFs");
    }

    private CloudFsSettings Settings => _configuration.Settings;

    private string MountPoint => Settings.MountPoint;

    private HybridStorage Hybrid => Settings.Provider.HybridMode switch
    {
        HybridMode.WriteToFileSystem => HybridStorage.WriteToUnderlay,
        HybridMode.WriteToObjectStorage => HybridStorage.WriteToBucket,
        _ => HybridStorage.None,
    };

    /// <summary>Mounts, calls <paramref name="ready"/>, and serves until it is unmounted or told to end.</summary>
    public async Task RunAsync(Action ready, CancellationToken cancellationToken)
    {
        await RequireNotMountedAsync(cancellationToken).ConfigureAwait(false);
        if (FuseSession.TryClearStaleMount(MountPoint))
            LogStaleCleared(MountPoint);
        using var underlay = UnderlayFileSystem.Open(MountPoint, StorageFileSystem.IsHashDirectoryName);
        MountOwner owner = MountOwner.Resolve(Settings.Mount, underlay);
        FuseOptions fuseOptions = FuseOptionsFor(owner);
        StorageComposition storage = StorageComposition.Create(
            _configuration, _loggers, _readOnly ? StorageUse.Reading : StorageUse.Writing, fuseOptions.MaximumBufferBytes);
        await using (storage.ConfigureAwait(false))
        {
            var monitoring = MountMonitoring.Start(Settings.HealthPort, storage);
            await using ConfiguredAsyncDisposable monitored = monitoring.ConfigureAwait(false);
            foreach (string warning in storage.Warnings)
            {
                LogWarning(warning);
                BackgroundMount.SayToWaitingHalf($"warning: {warning}");
            }

            await ProbeAsync(storage, cancellationToken).ConfigureAwait(false);
            ProtectUnderlay();
            var fileSystem = new StorageFileSystem(
                new AttachmentTree(storage.Store), underlay, FileSystemOptionsFor(owner), _loggers.CreateLogger("OrthancCloudFs.FuseAdapter"));
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, RequestStop);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, RequestStop);
            using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
            var session = FuseSession.Mount(MountPoint, fileSystem, fuseOptions, _loggers);
            await using (session.ConfigureAwait(false))
            {
                fileSystem.Notifier = session.Notifier;
                monitoring.Watch(session);
                await ServeAsync(session, storage, ready, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(FuseSession session, StorageComposition storage, Action ready, CancellationToken cancellationToken)
    {
        var control = ControlServer.Start(ControlSocket.PathFor(MountPoint), () => StatusOf(session, storage), () => TryUnmountAsync(session));
        await using (control.ConfigureAwait(false))
        {
            LogMounted(MountPoint, storage.Bucket.Metered.Description, storage.CipherName);
            ready();
            using CancellationTokenRegistration stop = cancellationToken.Register(() => _stopRequested.TrySetResult());
            await Task.WhenAny(session.Completion, _stopRequested.Task).ConfigureAwait(false);
            if (!session.Completion.IsCompleted)
                await ShutDownAsync(session).ConfigureAwait(false);

            // Whatever is still being written is failed here, before the control connection tells that all is done.
            await storage.Store.DisposeAsync().ConfigureAwait(false);
            LogUnmounted(MountPoint);
        }
    }

    /// <summary>Waits for writers to close, so that they hear the outcome; what is open after that is detached and failed.</summary>
    private async Task ShutDownAsync(FuseSession session)
    {
        long began = Environment.TickCount64;
        while (await TryUnmountAsync(session).ConfigureAwait(false) is { } refusal)
        {
            if (Environment.TickCount64 - began > ShutdownPatience.TotalMilliseconds)
            {
                LogDetached(MountPoint, refusal);
                return; // disposing the session detaches the mount
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
        }
    }

    private static async Task<string?> TryUnmountAsync(FuseSession session)
    {
        try
        {
            await session.UnmountAsync().ConfigureAwait(false);
            return null;
        }
        catch (FuseMountException e)
        {
            return e.Message;
        }
    }

    private async Task RequireNotMountedAsync(CancellationToken cancellationToken)
    {
        MountStatus? running = await ControlClient.AskAsync(
            MountPoint, ControlRequest.Status, ControlJson.Default.MountStatus, cancellationToken).ConfigureAwait(false);
        if (running is not null)
        {
            throw new FuseMountException(
                $"{MountPoint} is mounted already, by process {running.ProcessId}; unmount it first: orthanc-cloudfs unmount {MountPoint}", Errno.EBUSY);
        }
    }

    private async Task ProbeAsync(StorageComposition storage, CancellationToken cancellationToken)
    {
        BucketProbe probe = storage.CreateProbe();
        try
        {
            await probe.ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (BucketException e) when (e.Kind == BucketErrorKind.NoSuchBucket && !_readOnly)
        {
            if (!await storage.Bucket.CreateIfMissingAsync(cancellationToken).ConfigureAwait(false))
                throw;
            LogContainerMade(storage.Bucket.Metered.Description);
        }

        if (!_readOnly)
            await probe.PutGetDeleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private void ProtectUnderlay()
    {
        int hidden = Hybrid == HybridStorage.None ? UnderlayGuard.CountHashDirectories(MountPoint) : 0;
        if (hidden > 0)
            LogHidden(MountPoint, hidden);
        if (Hybrid == HybridStorage.WriteToUnderlay)
            UnderlayGuard.Remove(MountPoint);
        else if (Settings.Mount.GuardUnderlay)
            UnderlayGuard.Place(MountPoint);
    }

    private FuseOptions FuseOptionsFor(MountOwner owner) => new()
    {
        FileSystemName = "orthanc-cloudfs",
        Source = "orthanc-cloudfs",
        AllowOther = owner.AllowOther,
        ReadOnly = _readOnly,
        OperationDeadline = ((Settings.Provider as CloudProviderSettings)?.RequestTimeout ?? LocalRequestTimeout) + DeadlineMargin,
    };

    private StorageFileSystemOptions FileSystemOptionsFor(MountOwner owner) => new()
    {
        UserId = owner.UserId,
        GroupId = owner.GroupId,
        DirectoryMode = (uint)Settings.Mount.DirectoryMode,
        FileMode = (uint)Settings.Mount.FileMode,
        ReadMode = Settings.Mount.ReadMode == Configuration.ReadMode.PageCache ? FuseAdapter.ReadMode.PageCache : FuseAdapter.ReadMode.Direct,
        EntryTimeout = Settings.Mount.EntryTimeout,
        Hybrid = Hybrid,
    };

    private MountStatus StatusOf(FuseSession session, StorageComposition storage) =>
        MountStatusFactory.Create(MountPoint, _since, session, storage);

    private void RequestStop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stopRequested.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(Level = LogLevel.Information, Message = "Made the container {Bucket}, which did not exist")]
    private partial void LogContainerMade(string bucket);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cleared a mount at {MountPoint} whose program had gone")]
    private partial void LogStaleCleared(string mountPoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{MountPoint} holds {Count} hash folders beneath the mount; what is in them is hidden while it is mounted")]
    private partial void LogHidden(string mountPoint, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Mounted {Bucket} at {MountPoint}, cipher {Cipher}")]
    private partial void LogMounted(string mountPoint, string bucket, string cipher);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{MountPoint} is detached with files still open, which fail: {Reason}")]
    private partial void LogDetached(string mountPoint, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unmounted {MountPoint}")]
    private partial void LogUnmounted(string mountPoint);
}
