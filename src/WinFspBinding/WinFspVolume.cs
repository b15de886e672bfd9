using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using WinFspBinding.Native;

namespace WinFspBinding;

/// <summary>A mounted file system.</summary>
public sealed class WinFspVolume : IAsyncDisposable
{
    /// <summary>WinFsp's device for volumes that are not network drives.</summary>
    private const string DevicePath = "WinFsp.Disk";

    private const ushort SectorBytes = 4096;

    private readonly TaskCompletionSource<bool> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly unsafe FileSystemInterface* _callbacks;
    private readonly Lock _closing = new();
    private Task? _closed;
    private GCHandle _self;
    private unsafe FileSystemObject* _object;

    private unsafe WinFspVolume(WinFspFileSystem fileSystem, string mountPoint, int threads)
    {
        (FileSystem, MountPoint, Counters) = (fileSystem, mountPoint, new VolumeCounters(threads));
        _self = GCHandle.Alloc(this);
        _callbacks = (FileSystemInterface*)NativeMemory.Alloc((nuint)sizeof(FileSystemInterface));
        *_callbacks = Callbacks.Table;
    }

    /// <summary>A drive letter with a colon, or a folder.</summary>
    public string MountPoint { get; }

    /// <summary>Ends when no operation comes any more; true when that was asked for here.</summary>
    public Task<bool> Completion => _stopped.Task;

    /// <summary>What it was asked so far.</summary>
    public VolumeCounters Counters { get; }

    /// <summary>Requests that will be answered later.</summary>
    public int PendingRequests => Replies.Count;

    internal WinFspFileSystem FileSystem { get; }

    internal PendingReplies Replies { get; } = new();

    /// <summary>Makes the volume and mounts it; it can be used when this returns.</summary>
    /// <param name="mountPoint">A free drive letter with a colon, or a folder that does not exist yet, beneath one that does.</param>
    /// <param name="fileSystem">Gets the operations.</param>
    /// <param name="options">What the volume is like.</param>
    /// <exception cref="WinFspException">WinFsp is not installed, or refuses; the message says what to do.</exception>
    [SupportedOSPlatform("windows")]
    public static WinFspVolume Mount(string mountPoint, WinFspFileSystem fileSystem, WinFspVolumeOptions options)
    {
        WinFspLibrary.Load();
        Require(
            NativeMethods.FspFileSystemPreflight(DevicePath, mountPoint),
            $"cannot mount at {mountPoint}: the drive letter must be free, a folder must not exist yet, and the one above it must");
        var volume = new WinFspVolume(fileSystem, mountPoint, options.DispatcherThreads);
        try
        {
            volume.Start(options);
            return volume;
        }
        catch
        {
            volume.Free();
            throw;
        }
    }

    /// <summary>Answers what is pending, takes the volume away, and ends its threads. Files that are open are closed by that.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_closing)
            _closed ??= CloseAsync();
        return new ValueTask(_closed);
    }

    internal static unsafe WinFspVolume Of(FileSystemObject* fileSystem) => (WinFspVolume)GCHandle.FromIntPtr(fileSystem->UserContext).Target!;

    internal NtStatus Failed(Exception exception)
    {
        Counters.CountFailure();
        FileSystem.Failed(exception);
        return NtStatus.IoDeviceError;
    }

    internal void DispatcherStopped(bool normally)
    {
        FileSystem.Stopped(normally);
        _stopped.TrySetResult(normally);
    }

    /// <summary>What the driver is told.</summary>
    internal static unsafe VolumeParameters ParametersOf(WinFspVolumeOptions options)
    {
        var parameters = new VolumeParameters
        {
            Version = (ushort)sizeof(VolumeParameters),
            SectorSize = SectorBytes,
            SectorsPerAllocationUnit = 1,
            MaxComponentLength = 255,
            VolumeCreationTime = (ulong)options.Created.ToFileTime(),
            VolumeSerialNumber = options.SerialNumber,
            // The highest value means "for ever", and with it that the driver keeps written bytes back after the file was closed.
            FileInfoTimeout = (uint)Math.Clamp(options.InformationTimeout.TotalMilliseconds, 0, uint.MaxValue - 1),
            Flags = VolumeFlags.CasePreservedNames | VolumeFlags.UnicodeOnDisk | VolumeFlags.PersistentAcls | VolumeFlags.FileContextIsFullContext,
        };
        options.FileSystemName.AsSpan().CopyTo(new Span<char>(parameters.FileSystemName, VolumeParameters.FileSystemNameLength - 1));
        return parameters;
    }

    private async Task CloseAsync()
    {
        await Replies.CloseAsync();
        await Task.Factory.StartNew(Stop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Free();
    }

    private static void Require(NtStatus status, string message)
    {
        if (status != NtStatus.Success)
            throw new WinFspException(message, status);
    }

    private unsafe void Start(WinFspVolumeOptions options)
    {
        VolumeParameters parameters = ParametersOf(options);
        FileSystemObject* created;
        Require(
            NativeMethods.FspFileSystemCreate(DevicePath, &parameters, _callbacks, &created),
            "cannot make a volume: is the WinFsp driver running?");
        _object = created;
        _object->UserContext = GCHandle.ToIntPtr(_self);
        Replies.Attach(_object);

        // By default a lock keeps all others away from the names while one file is created: with a slow bucket nothing would go on.
        (_object->EnterOperation, _object->LeaveOperation) = (0, 0);
        fixed (byte* security = options.MountPointSecurity.Span)
        {
            Require(NativeMethods.FspFileSystemSetMountPointEx(_object, MountPoint, security), $"cannot mount at {MountPoint}");
        }

        Require(NativeMethods.FspFileSystemStartDispatcher(_object, (uint)options.DispatcherThreads), $"cannot serve {MountPoint}");
    }

    private unsafe void Stop() => NativeMethods.FspFileSystemStopDispatcher(_object);

    private unsafe void Free()
    {
        if (_object != null)
            NativeMethods.FspFileSystemDelete(_object);
        _object = null;
        NativeMemory.Free(_callbacks);
        _self.Free();
        _stopped.TrySetResult(true);
    }
}
