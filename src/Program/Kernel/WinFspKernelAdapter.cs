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
internal sealed class WinFspKernelAdapter : KernelAdapter
{
    private const string UnderlayFolder = "underlay";
    private const string FileSystemName = "OrthancCloudFs";

    private readonly CloudFsSettings _settings;
    private readonly bool _readOnly;
    private readonly ILoggerFactory _loggers;
    private readonly byte[] _security;
    private readonly string _underlay;

    public WinFspKernelAdapter(CloudFsSettings settings, bool readOnly, ILoggerFactory loggers)
    {
        (_settings, _readOnly, _loggers) = (settings, readOnly, loggers);
        if (FindMountPointFault(settings.MountPoint) is { } fault)
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

    /// <summary>Nothing: while nothing is mounted, the mount point does not exist.</summary>
    public override void ProtectUnderlay()
    {
    }

    /// <summary>Why nothing can be mounted there; null when it can be.</summary>
    public static string? FindMountPointFault(string mountPoint)
    {
        if (DriveOf(mountPoint) is { } drive)
            return Directory.Exists(drive + "\\") ? $"the drive {drive} exists already: choose a free letter, or a folder that does not exist yet" : null;
        if (Path.Exists(mountPoint))
            return $"{mountPoint} exists already: WinFsp makes the folder itself; move it away (what Orthanc has there belongs into \"UnderlayDirectory\")";
        string? parent = Path.GetDirectoryName(mountPoint);
        return Directory.Exists(parent) ? null : $"{parent} does not exist: create it, the folder of the mount is made in it";
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
        try
        {
            var volume = WinFspVolume.Mount(
                DriveOf(_settings.MountPoint) ?? _settings.MountPoint,
                fileSystem,
                new WinFspVolumeOptions
                {
                    FileSystemName = FileSystemName,
                    InformationTimeout = _settings.Mount.EntryTimeout,
                    MountPointSecurity = _security,
                });
            return new WinFspKernelMount(volume, fileSystem);
        }
        catch (WinFspException e)
        {
            throw new MountException(e.Message, e);
        }
    }

    public override void Dispose()
    {
    }

    /// <summary>A drive as WinFsp is told of it, such as <c>O:</c>; null for a folder.</summary>
    private static string? DriveOf(string mountPoint) =>
        Path.TrimEndingDirectorySeparator(mountPoint) is [>= 'A' and <= 'Z' or >= 'a' and <= 'z', ':', ..] path && Path.GetPathRoot(mountPoint) == mountPoint
            ? path[..2]
            : null;

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

    private sealed class WinFspKernelMount(WinFspVolume volume, StorageFileSystem fileSystem) : KernelMount
    {
        public override Task Completion => volume.Completion;

        public override KernelCounters Counters =>
            new(volume.Counters.RequestsByOperation, volume.Counters.Busy + volume.PendingRequests, 0, 0);

        public override bool IsServing(TimeSpan patience) => volume.Counters.IsServing(patience);

        public override async Task UnmountAsync(CancellationToken cancellationToken)
        {
            if (fileSystem.OpenItems > 0)
                throw new MountException($"cannot unmount {volume.MountPoint}: {fileSystem.OpenItems} files or folders are open; stop Orthanc first");
            await volume.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        public override ValueTask DisposeAsync() => volume.DisposeAsync();
    }
}
