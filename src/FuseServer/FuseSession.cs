using FuseServer.Interop;
using FuseServer.Mounting;
using FuseServer.Session;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FuseServer;

/// <summary>What to do about files that are still open when a file system is unmounted.</summary>
public enum UnmountMode
{
    /// <summary>Refuse with EBUSY and go on serving.</summary>
    WhenUnused,

    /// <summary>Take the mount out of sight at once; the connection ends when the last file is closed.</summary>
    Detach,

    /// <summary>End the connection at once: all requests fail with ECONNABORTED, open files are dead.</summary>
    Abort,
}

/// <summary>A mounted file system and the threads that serve it.</summary>
public sealed class FuseSession : IAsyncDisposable
{
    private static readonly TimeSpan InitTimeout = TimeSpan.FromSeconds(30);

    private readonly FuseOptions _options;
    private readonly FuseConnection _connection;
    private readonly FuseFileSystem _fileSystem;
    private readonly ILogger _logger;
    private readonly Timer _deadlines;
    private readonly TaskCompletionSource<FuseConnectionInfo> _initialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RequestReader[] _readers = [];
    private int _readersRunning;

    private FuseSession(string mountPoint, FuseDevice device, FuseFileSystem fileSystem, FuseOptions options, ILogger logger)
    {
        MountPoint = mountPoint;
        _options = options;
        _fileSystem = fileSystem;
        _logger = logger;
        _connection = new FuseConnection(device, options, logger);
        Notifier = new FuseNotifier(device);
        double shortest = Math.Min(options.OperationDeadline.TotalMilliseconds, options.InterruptGrace.TotalMilliseconds);
        TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(shortest / 4, 20, 1000));
        _deadlines = new Timer(_ => SweepDeadlines(), null, period, period);
    }

    /// <summary>Canonical path of the directory mounted on.</summary>
    public string MountPoint { get; }

    /// <summary>What kernel and session agreed on.</summary>
    public FuseConnectionInfo Connection => _initialized.Task.GetAwaiter().GetResult();

    /// <summary>Ends when the connection has ended, whoever unmounted. Never faults.</summary>
    public Task Completion => _completion.Task;

    public FuseCounters Counters => _connection.Counters;

    public FuseNotifier Notifier { get; }

    /// <summary>
    /// False when every reader thread has been held up by a handler for so long, so that no request is served any more. Costs no request,
    /// and unlike a system call on its own mount it cannot hang.
    /// </summary>
    public bool IsServing(TimeSpan patience) => _readers.Any(reader => reader.Handling < patience);

    /// <summary>Mounts the file system and returns when it can be used.</summary>
    /// <param name="mountPoint">An existing directory.</param>
    /// <param name="fileSystem">Gets the requests.</param>
    /// <param name="options">Mount options and limits.</param>
    /// <param name="loggerFactory">Null for no log.</param>
    /// <exception cref="FuseMountException">It cannot be mounted, or an option is out of its range; the message says why and what to do.</exception>
    public static FuseSession Mount(string mountPoint, FuseFileSystem fileSystem, FuseOptions options, ILoggerFactory? loggerFactory = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(mountPoint);
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        string path = MountTable.Canonicalize(mountPoint);
        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("FuseServer");
        FuseDevice device = new(Mounter.Mount(path, options));
        FuseSession session = new(path, device, fileSystem, options, logger);
        session.StartReaders();
        session.WaitUntilInitialized();
        return session;
    }

    /// <summary>
    /// Takes away a mount whose server died, recognised by ENOTCONN ("Transport endpoint is not connected"); true if there was one.
    /// A live mount and any other file system are left alone.
    /// </summary>
    public static bool TryClearStaleMount(string mountPoint) => Mounter.TryClearStale(mountPoint);

    /// <summary>Unmounts when nobody uses the mount any more, see <see cref="UnmountMode.WhenUnused"/>.</summary>
    /// <exception cref="FuseMountException">EBUSY: files are open, serving goes on. Unmount in another mode if that is not wanted.</exception>
    /// <exception cref="OperationCanceledException">The connection, or requests in flight, did not end in time.</exception>
    public Task UnmountAsync(CancellationToken cancellationToken = default) => UnmountAsync(UnmountMode.WhenUnused, cancellationToken);

    /// <summary>Unmounts, waits for the end of the connection, and for the handlers of requests in flight.</summary>
    /// <inheritdoc cref="UnmountAsync(CancellationToken)"/>
    public async Task UnmountAsync(UnmountMode mode, CancellationToken cancellationToken = default)
    {
        if (!Completion.IsCompleted)
        {
            int flags = mode switch
            {
                UnmountMode.Detach => NativeMethods.UnmountDetach,
                UnmountMode.Abort => NativeMethods.UnmountDetach | NativeMethods.UnmountForce,
                _ => 0,
            };
            // The call writes back the page cache and can take as long as that.
            Errno error = await Task.Factory.StartNew(
                () => Mounter.Unmount(MountPoint, _options, flags), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (error != Errno.None && !Completion.IsCompleted)
            {
                throw new FuseMountException(
                    error == Errno.EBUSY
                        ? $"cannot unmount {MountPoint}: files are open; 'fuser -vm {MountPoint}' shows by whom"
                        : $"cannot unmount {MountPoint}: {error}",
                    error);
            }
            await Completion.WaitAsync(cancellationToken);
        }
        await DrainAsync(cancellationToken);
    }

    /// <summary>Unmounts, by force if need be, cancels what handlers still do, and frees everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Completion.IsCompleted)
        {
            using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(30));
            try
            {
                await UnmountAsync(UnmountMode.WhenUnused, timeout.Token);
            }
            catch (Exception exception) when (exception is FuseMountException or OperationCanceledException)
            {
                await AbortAsync();
            }
        }
        await _deadlines.DisposeAsync();
        _connection.Requests.CancelAll(CancelReason.Shutdown);
        _connection.Dispose();
    }

    private async Task AbortAsync()
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(10));
        try
        {
            await UnmountAsync(UnmountMode.Abort, timeout.Token);
        }
        catch (Exception exception) when (exception is FuseMountException or OperationCanceledException)
        {
            SessionLog.CallbackFailed(_logger, nameof(UnmountAsync), exception);
        }
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.Requests.WaitUntilEmptyAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _connection.Requests.CancelAll(CancelReason.Shutdown);
            throw;
        }
    }

    private void StartReaders()
    {
        RequestDispatcher dispatcher = new(_connection, _fileSystem, Initialized);
        _readers = [.. Enumerable.Range(0, _options.ReaderThreads).Select(_ => new RequestReader(_connection, dispatcher, ReaderEnded))];
        _readersRunning = _readers.Length;
        for (int i = 0; i < _readers.Length; i++)
            _readers[i].Start(i);
    }

    private void Initialized(FuseConnectionInfo? info, string? failure)
    {
        if (info is not null)
        {
            SessionLog.Mounted(_logger, MountPoint, info.Major, info.Minor, info.MaxWriteBytes, info.WritebackCache);
            _initialized.TrySetResult(info);
        }
        else
        {
            _initialized.TrySetException(new FuseMountException($"cannot mount on {MountPoint}: {failure}", Errno.EPROTO));
        }
    }

    private void WaitUntilInitialized()
    {
        try
        {
            _initialized.Task.WaitAsync(InitTimeout).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is FuseMountException or TimeoutException)
        {
            Mounter.Unmount(MountPoint, _options, NativeMethods.UnmountDetach | NativeMethods.UnmountForce);
            _deadlines.Dispose();
            _connection.Dispose();
            if (exception is FuseMountException)
                throw;
            throw new FuseMountException($"cannot mount on {MountPoint}: the kernel sent no INIT within {InitTimeout}", Errno.ETIMEDOUT, exception);
        }
    }

    private void ReaderEnded()
    {
        if (Interlocked.Decrement(ref _readersRunning) > 0)
            return;
        _initialized.TrySetException(new FuseMountException($"cannot mount on {MountPoint}: the connection ended during INIT", Errno.ENOTCONN));
        try
        {
            _fileSystem.Destroyed();
        }
        catch (Exception exception)
        {
            SessionLog.CallbackFailed(_logger, nameof(FuseFileSystem.Destroyed), exception);
        }
        SessionLog.Unmounted(_logger, MountPoint);
        _completion.TrySetResult();
    }

    private void SweepDeadlines() => _connection.Requests.Sweep(
        Environment.TickCount64,
        (long)_options.OperationDeadline.TotalMilliseconds,
        (long)_options.DeadlineGrace.TotalMilliseconds,
        (long)_options.InterruptGrace.TotalMilliseconds);
}
