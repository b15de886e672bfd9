using System.Collections.Concurrent;
using System.Text.Json;

namespace OrthancCloudFs.Program.Control;

/// <summary>
/// Answers one request per connection: a line with the request's name, then a JSON document. The connection of <c>unmount</c> stays open
/// until the process has gone, so that the other side knows that nothing is in use any more.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private readonly ControlListener _listener;
    private readonly Func<MountStatus?> _status;
    private readonly Func<Task<UnmountAnswer>> _unmount;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Stream, TaskCompletionSource> _served = new();
    private readonly Task _accepting;

    private ControlServer(ControlListener listener, Func<MountStatus?> status, Func<Task<UnmountAnswer>> unmount)
    {
        (_listener, _status, _unmount) = (listener, status, unmount);
        _accepting = AcceptAsync();
    }

    /// <param name="mountPoint">Of what it answers for.</param>
    /// <param name="status">Answers <c>status</c>; null when nothing is mounted any more.</param>
    /// <param name="unmount">Carries <c>unmount</c> out: refuses, or returns when all is done. It must have returned when this is disposed.</param>
    public static ControlServer Start(string mountPoint, Func<MountStatus?> status, Func<Task<UnmountAnswer>> unmount) =>
        new(ControlChannel.Current.Listen(mountPoint), status, unmount);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_served.Values.Select(served => served.Task)).ConfigureAwait(false);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Stream connection = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _served[connection] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _ = ServeAsync(connection);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Stream connection)
    {
        bool staysOpen = false;
        try
        {
            using var reader = new StreamReader(connection, leaveOpen: true);
            switch (await reader.ReadLineAsync(_stop.Token).ConfigureAwait(false))
            {
                case ControlRequest.Status when _status() is { } status:
                    await JsonSerializer.SerializeAsync(connection, status, ControlJson.Default.MountStatus).ConfigureAwait(false);
                    break;
                case ControlRequest.Unmount:
                    UnmountAnswer answer = await _unmount().ConfigureAwait(false);
                    await JsonSerializer.SerializeAsync(connection, answer, ControlJson.Default.UnmountAnswer).ConfigureAwait(false);
                    staysOpen = answer.Refusal is null;
                    break;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The other side went away, or the program ends.
        }
        finally
        {
            _served[connection].SetResult();
            if (!staysOpen)
            {
                _served.TryRemove(connection, out _);
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
