using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets.Local;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Tree;
using OrthancCloudFs.WinFspAdapter;
using WinFspBinding;

namespace OrthancCloudFs.Program.Kernel;

/// <summary>Windows: a volume of WinFsp, beside a local folder for what is no attachment.</summary>
[SupportedOSPlatform("windows")]
internal sealed partial class WinFspKernelAdapter : KernelAdapter
{
    private const string UnderlayFolder = "underlay";
    private const string FileSystemName = "OrthancCloudFs";

    private readonly CloudFsSettings _settings;
    private readonly bool _readOnly;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly WindowsMountPoint _mountPoint;
    private readonly byte[] _security;
    private readonly string _underlay;

    public WinFspKernelAdapter(CloudFsSettings settings, bool readOnly, ILoggerFactory loggers)
    {
        (_settings, _readOnly, _loggers, _logger) = (settings, readOnly, loggers, loggers.CreateLogger("OrthancCloudFs"));
        _mountPoint = new WindowsMountPoint(settings.MountPoint);
        if (_mountPoint.FindFault() is { } fault)
            throw new MountException(fault);
        if (settings.Provider.HybridMode != HybridMode.Disabled)
            throw new ConfigurationException("\"HybridMode\" is not supported on Windows: leave it out, and copy older attachments into the mount, see docs/windows.md");
        _security = SecurityOf(settings.Mount);
        _underlay = settings.UnderlayDirectory ?? Path.Combine(settings.StateDirectory, UnderlayFolder);
        DirectorySync.CreateFolder(settings.StateDirectory);
        DirectorySync.CreateFolder(_underlay);
    }

    /// <summary>The buffers are the driver's.</summary>
    public override long BufferBytes => 0;

    /// <summary>CloseHandle has none to give.</summary>
    public override bool MayCloseUnheard => true;

    /// <summary>Nothing yet: what protects is in the place of the mount, and put there when that goes.</summary>
    public override void ProtectUnderlay()
    {
    }

    public override KernelMount Mount(AttachmentTree tree)
    {
        var options = new StorageFileSystemOptions
        {
            UnderlayDirectory = _underlay,
            Label = FileSystemName,
            SecurityDescriptor = _security,
            ReadOnly = _readOnly,
            OperationDeadline = Deadlines.Of(_settings),
        };
        var fileSystem = new StorageFileSystem(tree, options, _loggers.CreateLogger("OrthancCloudFs.WinFspAdapter"));
        _mountPoint.Unguard();
        try
        {
            var volume = WinFspVolume.Mount(
                _mountPoint.Name,
                fileSystem,
                new WinFspVolumeOptions
                {
                    FileSystemName = FileSystemName,
                    InformationTimeout = _settings.Mount.EntryTimeout,
                    MountPointSecurity = _security,
                });
            return new WinFspKernelMount(volume, fileSystem, Guard);
        }
        catch (WinFspException e)
        {
            Guard();
            throw new MountException(e.Message, e);
        }
    }

    public override void Dispose()
    {
    }

    /// <summary>When nothing is mounted any more.</summary>
    private void Guard()
    {
        if (!_settings.Mount.GuardUnderlay)
            return;
        try
        {
            _mountPoint.Guard();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnguarded(_mountPoint.Name, e.Message);
        }
    }

    /// <summary>
    /// The owner, the system and the administrators may do everything, others nothing; with "AllowOther" whoever has logged on may read and
    /// write. In the language of security descriptors ([MS-DTYP] 2.5.1).
    /// </summary>
    private static byte[] SecurityOf(MountSettings settings)
    {
        string owner = OwnerOf(settings.Owner).Value;
        string others = settings.AllowOther == true ? "(A;;0x1301bf;;;AU)" : "";
        var descriptor = new RawSecurityDescriptor($"O:{owner}G:{owner}D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{owner}){others}");
        byte[] bytes = new byte[descriptor.BinaryLength];
        descriptor.GetBinaryForm(bytes, 0);
        return bytes;
    }

    private static SecurityIdentifier OwnerOf(AccountReference? account)
    {
        if (account is null)
        {
            using var current = WindowsIdentity.GetCurrent();
            return current.User!;
        }

        try
        {
            return account.Name is { } name
                ? (SecurityIdentifier)new NTAccount(name).Translate(typeof(SecurityIdentifier))
                : throw new IdentityNotMappedException();
        }
        catch (IdentityNotMappedException e)
        {
            throw new ConfigurationException($"\"Owner\" in \"OrthancCloudFs\": this machine has no account '{account}'; use a name that it knows", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "While nothing is mounted, {MountPoint} is not kept from being made by Orthanc, which would store in it in plain: {Reason}")]
    private partial void LogUnguarded(string mountPoint, string reason);

    private sealed class WinFspKernelMount(WinFspVolume volume, StorageFileSystem fileSystem, Action unmounted) : KernelMount
    {
        public override Task Completion => volume.Completion;

        public override string? Loss => volume.Completion is { IsCompletedSuccessfully: true, Result: false }
            ? $"WinFsp's driver has taken {volume.MountPoint} away: see Windows' event log, and mount again"
            : null;

        public override KernelCounters Counters =>
            new(volume.Counters.RequestsByOperation, volume.Counters.Busy + volume.PendingRequests, 0, 0);

        public override bool IsServing(TimeSpan patience) => volume.Counters.IsServing(patience);

        public override async Task UnmountAsync(CancellationToken cancellationToken)
        {
            if (fileSystem.OpenItems > 0)
                throw new MountException($"cannot unmount {volume.MountPoint}: {fileSystem.OpenItems} files or folders are open; stop Orthanc first");
            await DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        public override async ValueTask DisposeAsync()
        {
            await volume.DisposeAsync().ConfigureAwait(false);
            unmounted();
        }
    }
}
