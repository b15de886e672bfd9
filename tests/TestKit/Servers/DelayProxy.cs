using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OrthancCloudFs.TestKit.Servers;

/// <summary>
/// A TCP proxy on a port of 127.0.0.1 that brings every byte later to the other side, as a longer line would: latency is added, bandwidth
/// is not limited. The line can fail, in two ways, and come back.
/// </summary>
public sealed class DelayProxy : IAsyncDisposable
{
    private const int ChunkLength = 256 << 10;

    /// <summary>Chunks on the line in one direction of one connection: more than any bandwidth here fills.</summary>
    private const int MostChunks = 256;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;
    private readonly ConcurrentDictionary<TcpClient, CancellationTokenSource> _connections = new();
    private volatile TaskCompletionSource _passable = new();
    private volatile bool _isCut;

    /// <summary>Starts listening.</summary>
    /// <param name="target">The port of 127.0.0.1 that it leads to.</param>
    /// <param name="delay">In each direction: half of the round trip.</param>
    /// <param name="port">Where to listen; 0 for any free port.</param>
    public DelayProxy(int target, TimeSpan delay, int port = 0)
    {
        (_target, _delay) = (target, delay);
        _passable.SetResult();
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>
    /// From now on nothing comes through, and nobody is told: what is sent waits, as on a line that lost its route. A line that was cut is
    /// silent instead.
    /// </summary>
    public void Silence()
    {
        _passable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isCut = false;
    }

    /// <summary>Ends every connection, and from now on each new one at once.</summary>
    public void Cut()
    {
        _isCut = true;
        foreach (CancellationTokenSource end in _connections.Values)
            end.Cancel();
    }

    /// <summary>Ends an outage; what waited is delivered.</summary>
    public void Restore()
    {
        _isCut = false;
        _passable.TrySetResult();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                break;
            }
        }
        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _connections[near] = end;
        try
        {
            if (_isCut)
                return;
            NetworkStream nearStream = near.GetStream(); // at once: later it refuses a connection that was reset
            await far.ConnectAsync(IPAddress.Loopback, _target, end.Token);
            near.NoDelay = far.NoDelay = true;
            NetworkStream farStream = far.GetStream();
            await Task.WhenAll(CarryAsync(nearStream, farStream, end.Token), CarryAsync(farStream, nearStream, end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One side has gone; both are closed.
        }
        finally
        {
            _connections.TryRemove(near, out _);
        }
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to, CancellationToken end)
    {
        var line = Channel.CreateBounded<(long Due, byte[] Bytes)>(MostChunks);
        var delivering = DeliverAsync(line.Reader, to, end);
        var buffer = new byte[ChunkLength];
        int read;
        while ((read = await from.ReadAsync(buffer, end)) > 0)
            await line.Writer.WriteAsync((Environment.TickCount64 + (long)_delay.TotalMilliseconds, buffer[..read]), end);
        line.Writer.Complete();
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(long Due, byte[] Bytes)> line, NetworkStream to, CancellationToken end)
    {
        await foreach (var (due, bytes) in line.ReadAllAsync(end))
        {
            if (due - Environment.TickCount64 is > 0 and var wait)
                await Task.Delay(TimeSpan.FromMilliseconds(wait), end);
            await _passable.Task.WaitAsync(end);
            await to.WriteAsync(bytes, end);
        }
        to.Socket.Shutdown(SocketShutdown.Send);
    }
}
