using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OrthancCloudFs.Buckets.Tests;

/// <summary>One request as it came over the wire.</summary>
/// <param name="Line">E.g. <c>PUT /bucket/key HTTP/1.1</c>.</param>
/// <param name="Headers">By name, in any case.</param>
/// <param name="Body">As sent, framing included.</param>
public sealed record RawRequest(string Line, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>
/// Answers every request on a port of 127.0.0.1 with the bytes that it is told, right or wrong. The connection is closed after each
/// answer unless the answer never comes.
/// </summary>
public sealed class RawHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<RawRequest, string?> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly bool _reset;
    private readonly ConcurrentQueue<RawRequest> _requests = new();
    private readonly Task _loop;

    /// <summary>Starts listening.</summary>
    /// <param name="answer">What to send, in Latin-1; null to send nothing and keep the connection open.</param>
    /// <param name="reset">Reset the connection after the answer instead of closing it.</param>
    /// <param name="certificate">Speak TLS.</param>
    public RawHttpServer(Func<RawRequest, string?> answer, bool reset = false, X509Certificate2? certificate = null)
    {
        (_answer, _reset, _certificate) = (answer, reset, certificate);
        _listener.Start();
        _loop = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Endpoint => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}";

    public IReadOnlyList<RawRequest> Requests => [.. _requests];

    /// <summary>An answer with a body and, unless told otherwise, its true length.</summary>
    public static string Answer(string status, string body = "", string headers = "", int? length = null) =>
        $"HTTP/1.1 {status}\r\nContent-Length: {length ?? body.Length}\r\nConnection: close\r\n{headers}\r\n{body}";

    /// <summary>An error as S3 words it.</summary>
    public static string Error(string status, string code, string headers = "") =>
        Answer(status, $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected</Message></Error>", headers + "Content-Type: application/xml\r\n");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var connection = await OpenAsync(socket);
            var request = await ReadAsync(connection);
            _requests.Enqueue(request);
            if (_answer(request) is not { } answer)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
                return;
            }
            await connection.WriteAsync(Encoding.Latin1.GetBytes(answer), _stop.Token);
            await connection.FlushAsync(_stop.Token);
            if (_reset)
            {
                await Task.Delay(50, _stop.Token); // lets the client read what came before
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or the test is over.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task<Stream> OpenAsync(Socket socket)
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (_certificate is null)
            return plain;
        var tls = new SslStream(plain);
        await tls.AuthenticateAsServerAsync(_certificate);
        return tls;
    }

    private async Task<RawRequest> ReadAsync(Stream connection)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            await connection.ReadExactlyAsync(one, _stop.Token);
            head.Add(one[0]);
        }
        var lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase);
        if (headers.ContainsKey("Expect"))
            await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length) : 0];
        await connection.ReadExactlyAsync(body, _stop.Token);
        return new RawRequest(lines[0], headers, body);
    }
}
