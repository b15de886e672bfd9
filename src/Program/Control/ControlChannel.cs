using System.Security.Cryptography;
using System.Text;

namespace OrthancCloudFs.Program.Control;

/// <summary>Where the mount program of a mount point listens for <c>status</c> and <c>unmount</c>, and how it is reached.</summary>
internal abstract class ControlChannel
{
    /// <summary>The one of this operating system.</summary>
    public static ControlChannel Current { get; } = OperatingSystem.IsWindows() ? new PipeControlChannel() : new SocketControlChannel();

    /// <summary>Listens for a mount point; what a program that died may have left there is replaced.</summary>
    /// <exception cref="IOException">Somebody else is in the way.</exception>
    public abstract ControlListener Listen(string mountPoint);

    /// <summary>Connects to the program that serves a mount point; null when there is none.</summary>
    public abstract Task<Stream?> TryConnectAsync(string mountPoint, CancellationToken cancellationToken);

    /// <summary>24 hexadecimal digits that follow from the mount point alone, however it is spelled.</summary>
    protected static string NameOf(string mountPoint)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountPoint));
        if (OperatingSystem.IsWindows())
            full = full.ToUpperInvariant(); // there, names differ by more than that
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..24];
    }
}

/// <summary>Takes connections, one after the other.</summary>
internal abstract class ControlListener : IDisposable
{
    /// <summary>The next connection.</summary>
    /// <exception cref="OperationCanceledException">It is over.</exception>
    public abstract Task<Stream> AcceptAsync(CancellationToken cancellationToken);

    /// <summary>Takes no more connections; those that there are go on.</summary>
    public abstract void Stop();

    /// <summary>Gives the place free for another program.</summary>
    public abstract void Dispose();
}
