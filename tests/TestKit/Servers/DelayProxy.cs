using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OrthancCloudFs.TestKit.Servers;

/// <summary>
/// A TCP proxy on a port of 127.0.0.1 that brings every byte later to the other side, as a longer line would: latency is added, bandwidth
/// is not limited.
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

    /// <summary>Starts listening.</summary>
    /// <param name="target">The port of 127.0.0.1 that it leads to.</param>
    /// <param name="delay">In each direction: half of the round trip.</param>
    /// <param name="port">Where to listen; 0 for any free port.</param>
    public DelayProxy(int target, TimeSpan delay, int port = 0)
    {
        (_target, _delay) = (target, delay);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

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
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            near.NoDelay = far.NoDelay = true;
            await Task.WhenAll(CarryAsync(near, far), CarryAsync(far, near));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One side has gone; both are closed.
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to)
    {
        var line = Channel.CreateBounded<(long Due, byte[] Bytes)>(MostChunks);
        var delivering = DeliverAsync(line.Reader, to);
        var buffer = new byte[ChunkLength];
        int read;
        while ((read = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            await line.Writer.WriteAsync((Environment.TickCount64 + (long)_delay.TotalMilliseconds, buffer[..read]), _stop.Token);
        line.Writer.Complete();
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(long Due, byte[] Bytes)> line, TcpClient to)
    {
        await foreach (var (due, bytes) in line.ReadAllAsync(_stop.Token))
        {
            if (due - Environment.TickCount64 is > 0 and var wait)
                await Task.Delay(TimeSpan.FromMilliseconds(wait), _stop.Token);
            await to.GetStream().WriteAsync(bytes, _stop.Token);
        }
        to.Client.Shutdown(SocketShutdown.Send);
    }
}
