using System.Net.Sockets;
using System.Text.Json;

namespace OrthancCloudFs.Program.Control;

/// <summary>
/// Answers one request per connection: a line with the request's name, then a JSON document. The connection of <c>unmount</c> stays open
/// until the program ends, so that the other side knows when everything is written.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly string _path;
    private readonly Func<MountStatus> _status;
    private readonly Func<Task<string?>> _unmount;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private ControlServer(Socket listener, string path, Func<MountStatus> status, Func<Task<string?>> unmount)
    {
        (_listener, _path, _status, _unmount) = (listener, path, status, unmount);
        _accepting = AcceptAsync();
    }

    /// <param name="path">The socket.</param>
    /// <param name="status">Answers <c>status</c>.</param>
    /// <param name="unmount">Carries <c>unmount</c> out; returns why it could not, or null.</param>
    public static ControlServer Start(string path, Func<MountStatus> status, Func<Task<string?>> unmount)
    {
        ControlSocket.CreateFolder();
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        return new ControlServer(listener, path, status, unmount);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        File.Delete(_path);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket connection = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _ = ServeAsync(connection);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using var stream = new NetworkStream(connection, ownsSocket: true);
        using var reader = new StreamReader(stream, leaveOpen: true);
        try
        {
            switch (await reader.ReadLineAsync(_stop.Token).ConfigureAwait(false))
            {
                case ControlRequest.Status:
                    await JsonSerializer.SerializeAsync(stream, _status(), ControlJson.Default.MountStatus).ConfigureAwait(false);
                    break;
                case ControlRequest.Unmount:
                    string? refusal = await _unmount().ConfigureAwait(false);
                    await JsonSerializer.SerializeAsync(stream, new UnmountAnswer(refusal), ControlJson.Default.UnmountAnswer).ConfigureAwait(false);
                    if (refusal is null)
                        await Task.Delay(Timeout.Infinite, _stop.Token).ConfigureAwait(false);
                    break;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The other side went away, or the program ends.
        }
    }
}
