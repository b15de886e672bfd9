using System.Net.Sockets;
using System.Text;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>Stands in for systemd: the datagram socket of <c>NOTIFY_SOCKET</c>, see sd_notify(3).</summary>
public sealed class NotifyListener : IDisposable
{
    private const int LongestMessage = 64 << 10;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <summary>Starts listening.</summary>
    /// <param name="address">As in the variable: a path, or a name in the abstract namespace that begins with '@'.</param>
    public NotifyListener(string address)
    {
        Address = address;
        _socket.Bind(new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address));
    }

    /// <summary>For the variable.</summary>
    public string Address { get; }

    /// <summary>The lines of the next message.</summary>
    public async Task<string[]> ReceiveAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[LongestMessage];
        int length = await _socket.ReceiveAsync(buffer, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length).Split('\n');
    }

    /// <summary>Waits for a message with a line that begins so; returns the lines of all messages until then, it included.</summary>
    public async Task<IReadOnlyList<string>> ReceiveUntilAsync(string beginning, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        do
            lines.AddRange(await ReceiveAsync(cancellationToken));
        while (!lines.Exists(line => line.StartsWith(beginning, StringComparison.Ordinal)));
        return lines;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
