using FuseServer;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.FuseAdapter;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.Program.Mounting;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.Program.Kernel;

/// <summary>Linux: the kernel's FUSE, over a local directory that the mount hides.</summary>
internal sealed partial class FuseKernelAdapter : KernelAdapter
{
    private readonly CloudFsSettings _settings;
    private readonly bool _readOnly;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly UnderlayFileSystem _underlay;
    private readonly MountOwner _owner;

    public FuseKernelAdapter(CloudFsSettings settings, bool readOnly, ILoggerFactory loggers)
    {
        (_settings, _readOnly, _loggers, _logger) = (settings, readOnly, loggers, loggers.CreateLogger("OrthancCloudFs"));
        if (TryClear(MountPoint))
            LogStaleCleared(MountPoint);
        _underlay = Translate(() => UnderlayFileSystem.Open(MountPoint, StorageFileSystem.IsHashDirectoryName));
        try
        {
            _owner = MountOwner.Resolve(settings.Mount, _underlay);
        }
        catch
        {
            _underlay.Dispose();
            throw;
        }
    }

    public override long BufferBytes => Options.MaximumBufferBytes;

    /// <summary>FLUSH, which close waits for, carries it.</summary>
    public override bool MayCloseUnheard => false;

    private string MountPoint => _settings.MountPoint;

    private HybridStorage Hybrid => _settings.Provider.HybridMode switch
    {
        HybridMode.WriteToFileSystem => HybridStorage.WriteToUnderlay,
        HybridMode.WriteToObjectStorage => HybridStorage.WriteToBucket,
        _ => HybridStorage.None,
    };

    private FuseOptions Options => new()
    {
        FileSystemName = "orthanc-cloudfs",
        Source = "orthanc-cloudfs",
        AllowOther = _owner.AllowOther,
        ReadOnly = _readOnly,
        OperationDeadline = Deadlines.Of(_settings),
    };

    /// <inheritdoc cref="KernelAdapter.TryClearStale"/>
    public static bool TryClear(string mountPoint) => Translate(() => FuseSession.TryClearStaleMount(mountPoint));

    public override void ProtectUnderlay()
    {
        int hidden = Hybrid == HybridStorage.None ? UnderlayGuard.CountHashDirectories(MountPoint) : 0;
        if (hidden > 0)
            LogHidden(MountPoint, hidden);
        if (Hybrid == HybridStorage.WriteToUnderlay)
            UnderlayGuard.Remove(MountPoint);
        else if (_settings.Mount.GuardUnderlay)
            UnderlayGuard.Place(MountPoint);
    }

    public override KernelMount Mount(AttachmentTree tree)
    {
        var options = new StorageFileSystemOptions
        {
            UserId = _owner.UserId,
            GroupId = _owner.GroupId,
            DirectoryMode = (uint)_settings.Mount.DirectoryMode,
            FileMode = (uint)_settings.Mount.FileMode,
            ReadMode = _settings.Mount.ReadMode == Configuration.ReadMode.PageCache ? FuseAdapter.ReadMode.PageCache : FuseAdapter.ReadMode.Direct,
            EntryTimeout = _settings.Mount.EntryTimeout,
            Hybrid = Hybrid,
        };
        var fileSystem = new StorageFileSystem(tree, _underlay, options, _loggers.CreateLogger("OrthancCloudFs.FuseAdapter"));
        FuseSession session = Translate(() => FuseSession.Mount(MountPoint, fileSystem, Options, _loggers));
        fileSystem.Notifier = session.Notifier;
        return new FuseKernelMount(session);
    }

    public override void Dispose() => _underlay.Dispose();

    private static T Translate<T>(Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (FuseMountException e)
        {
            throw new MountException(e.Message, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cleared a mount at {MountPoint} whose program had gone")]
    private partial void LogStaleCleared(string mountPoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{MountPoint} holds {Count} hash folders beneath the mount; what is in them is hidden while it is mounted")]
    private partial void LogHidden(string mountPoint, int count);

    private sealed class FuseKernelMount(FuseSession session) : KernelMount
    {
        public override Task Completion => session.Completion;

        public override KernelCounters Counters
        {
            get
            {
                FuseCounters counters = session.Counters;
                return new KernelCounters(counters.RequestsByOperation, counters.InFlight, counters.TimedOut, counters.BufferBytes);
            }
        }

        public override bool IsServing(TimeSpan patience) => session.IsServing(patience);

        public override async Task UnmountAsync(CancellationToken cancellationToken)
        {
            try
            {
                await session.UnmountAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (FuseMountException e)
            {
                throw new MountException(e.Message, e);
            }
        }

        public override ValueTask DisposeAsync() => session.DisposeAsync();
    }
}
