using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrthancCloudFs.Program.Control;

/// <summary>Talks to the mount program of a mount point.</summary>
internal static class ControlClient
{
    /// <summary>
    /// Sends one request and returns when the program has closed the connection; null when no program serves that mount point, or it ended
    /// without an answer.
    /// </summary>
    /// <param name="mountPoint">Any spelling of the path.</param>
    /// <param name="request">One of <see cref="ControlRequest"/>.</param>
    /// <param name="type">The answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<T?> AskAsync<T>(
        string mountPoint, string request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (await ControlChannel.Current.TryConnectAsync(mountPoint, cancellationToken).ConfigureAwait(false) is not { } stream)
            return null;
        await using ConfiguredAsyncDisposable connection = stream.ConfigureAwait(false);
        using var received = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request + "\n"), cancellationToken).ConfigureAwait(false);
            await stream.CopyToAsync(received, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null; // it ended in this moment
        }

        return received.Length == 0 ? null : JsonSerializer.Deserialize(received.ToArray(), type);
    }
}
