using System.Runtime.InteropServices;
using FuseServer.Abi;
using FuseServer.Mounting;
using FuseServer.Native;
using FuseServer.Session;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FuseServer;

/// <summary>A mounted file system: reads requests and has them answered until it is unmounted.</summary>
public sealed partial class FuseSession : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private readonly FuseFileSystem _fileSystem;
    private readonly FuseOptions _options;
    private readonly ILogger _logger;
    private readonly FuseChannel _channel;
    private readonly Dispatcher _dispatcher;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Timer? _sweeper;
    private int _runningReaders;
    private int _disposed;

    private FuseSession(string mountPoint, int device, FuseFileSystem fileSystem, FuseOptions options, ILogger logger)
    {
        (MountPoint, _fileSystem, _options, _logger) = (mountPoint, fileSystem, options, logger);
        _channel = new FuseChannel(device, options, logger);
        _dispatcher = new Dispatcher(_channel, fileSystem, logger);
        Notifier = new FuseNotifier(_channel);
    }

    /// <summary>Where it is mounted.</summary>
    public string MountPoint { get; }

    /// <summary>What was agreed with the kernel.</summary>
    public FuseConnectionInfo Connection { get; private set; }

    /// <summary>Ends when the kernel has closed the connection: unmounted, by this program or by someone else.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Counts since the mount.</summary>
    public FuseCounters Counters => _channel.Counters;

    /// <summary>Requests not answered yet.</summary>
    public int RequestsInFlight => _channel.InFlight;

    /// <summary>Bytes of all receive buffers now; at most <see cref="FuseOptions.MaximumBufferBytes"/> and what direct writers wait with.</summary>
    public long BufferBytes => _channel.Buffers.Bytes;

    /// <summary>Tells the kernel what it may no longer rely on.</summary>
    public FuseNotifier Notifier { get; }

    /// <summary>Mounts, and returns when the kernel has sent INIT and was answered.</summary>
    /// <exception cref="FuseMountException">It cannot be mounted there.</exception>
    public static FuseSession Mount(
        string mountPoint, FuseFileSystem fileSystem, FuseOptions options, ILoggerFactory? loggerFactory = null)
    {
        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("FuseServer");
        int device = FuseMount.Mount(mountPoint, options);
        var session = new FuseSession(mountPoint, device, fileSystem, options, logger);
        try
        {
            session.Negotiate();
            session.Start();
            return session;
        }
        catch
        {
            FuseMount.TryUnmount(mountPoint, lazily: true, options.ForceFusermount);
            _ = Libc.Close(device);
            throw;
        }
    }

    /// <summary>
    /// Clears a mount whose server is gone ("Transport endpoint is not connected"); true when there was one.
    /// </summary>
    /// <exception cref="FuseMountException">There is one and it cannot be cleared.</exception>
    public static bool TryClearStaleMount(string mountPoint) => FuseMount.TryClearStale(mountPoint);

    /// <summary>Unmounts, and returns when requests under way were answered or <paramref name="cancellationToken"/> ends the wait.</summary>
    /// <param name="lazily">Detach at once although files below are in use; they go on being served until they are closed.</param>
    /// <param name="cancellationToken">Ends the wait, not the unmount.</param>
    /// <exception cref="FuseMountException">Files or folders below are in use (<see cref="FuseMountException.IsBusy"/>), or it failed.</exception>
    public async Task UnmountAsync(bool lazily, CancellationToken cancellationToken)
    {
        if (!Completion.IsCompleted)
            await Task.Run(() => FuseMount.Unmount(MountPoint, lazily, _options.ForceFusermount), CancellationToken.None).ConfigureAwait(false);
        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Unmounts, lazily if it must, and frees the connection. Whatever is still open below fails from then on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        using var drain = new CancellationTokenSource(DrainTime);
        try
        {
            await UnmountAsync(lazily: true, drain.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FuseMountException or OperationCanceledException)
        {
            LogNotDrained(MountPoint, e.Message);
        }

        if (_sweeper is not null)
            await _sweeper.DisposeAsync().ConfigureAwait(false);
        _ = Libc.Close(_channel.Device);
        if (Completion.IsCompleted)
            _channel.Dispose();
    }

    private unsafe void Negotiate()
    {
        using var buffer = new ReceiveBuffer(_options.ReceiveBufferBytes);
        nint length;
        do
        {
            length = Libc.Read(_channel.Device, buffer.Address, (nuint)buffer.Length);
        }
        while (length < 0 && Libc.LastError() is Errno.EINTR or Errno.EAGAIN);
        if (length < sizeof(InHeader))
            throw new FuseMountException($"{MountPoint}: the kernel sent no INIT ({Libc.LastError()})");
        var message = new ReadOnlySpan<byte>(buffer.Address, (int)length);
        InHeader header = MemoryMarshal.Read<InHeader>(message);
        InitIn offer = default;
        ReadOnlySpan<byte> arguments = message[sizeof(InHeader)..];
        arguments[..Math.Min(arguments.Length, sizeof(InitIn))].CopyTo(MemoryMarshal.AsBytes(new Span<InitIn>(ref offer)));
        (InitOut answer, FuseConnectionInfo info) = Negotiation.Answer(offer, _options);
        _channel.Counters.Received(header.Opcode);
        _channel.Send(header, Errno.None, MemoryMarshal.AsBytes(new ReadOnlySpan<InitOut>(in answer)));
        Connection = info;
        LogNegotiated(MountPoint, info);
        _fileSystem.Initialized(info);
    }

    private void Start()
    {
        _sweeper = new Timer(static state => ((FuseChannel)state!).Sweep(), _channel, SweepInterval, SweepInterval);
        _runningReaders = _options.ReaderThreads;
        for (int i = 0; i < _options.ReaderThreads; i++)
            new Thread(ReadRequests) { IsBackground = true, Name = $"fuse reader {i}" }.Start();
    }

    private unsafe void ReadRequests()
    {
        var receiver = new Receiver(_channel.Buffers);
        while (true)
        {
            ReceiveBuffer buffer = receiver.Prepare();
            nint length = Libc.Read(_channel.Device, buffer.Address, (nuint)buffer.Length);
            if (length >= 0)
            {
                buffer.Used = (int)length;
                _dispatcher.Dispatch(receiver, (int)length);
                receiver.Buffer?.Clear();
                continue;
            }

            Errno error = Libc.LastError();
            if (error is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT)
                continue; // ENOENT: the request was interrupted before it was read
            if (error != Errno.ENODEV)
                LogReadFailed(MountPoint, error);
            break;
        }

        receiver.Detach().Dispose();
        if (Interlocked.Decrement(ref _runningReaders) > 0)
            return;
        _completion.TrySetResult();
        _fileSystem.Destroyed();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{MountPoint}: {Connection}")]
    private partial void LogNegotiated(string mountPoint, FuseConnectionInfo connection);

    [LoggerMessage(Level = LogLevel.Error, Message = "{MountPoint}: reading requests failed with {Error}; the mount is lost")]
    private partial void LogReadFailed(string mountPoint, Errno error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{MountPoint}: ended with files still open: {Reason}")]
    private partial void LogNotDrained(string mountPoint, string reason);
}
