using System.Net.Sockets;
using System.Runtime.Versioning;

namespace OrthancCloudFs.Program.Control;

/// <summary>Linux: a socket that only its user can open.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class SocketControlChannel : ControlChannel
{
    private const string FolderName = "orthanc-cloudfs";

    public override ControlListener Listen(string mountPoint)
    {
        CreateFolder();
        return new Listener(PathFor(mountPoint));
    }

    public override async Task<Stream?> TryConnectAsync(string mountPoint, CancellationToken cancellationToken)
    {
        var socket = CreateSocket();
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathFor(mountPoint)), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket CreateSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>The path is short, since a socket's address has about 100 characters.</summary>
    private static string PathFor(string mountPoint) => Path.Combine(Folder(), NameOf(mountPoint) + ".sock");

    /// <exception cref="IOException">The folder is somebody else's, who may have made it under /tmp.</exception>
    private static void CreateFolder()
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        DirectoryInfo folder = Directory.CreateDirectory(Folder(), ownerOnly);
        if (folder.LinkTarget is not null)
            throw new IOException($"{folder.FullName} is a link: remove it");
        try
        {
            File.SetUnixFileMode(folder.FullName, ownerOnly); // which only its owner can
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{folder.FullName} belongs to another user: remove it", e);
        }
    }

    private static string Folder()
    {
        if (Environment.IsPrivilegedProcess)
            return Path.Combine("/run", FolderName);
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return string.IsNullOrEmpty(runtime)
            ? Path.Combine(Path.GetTempPath(), $"{FolderName}-{Environment.UserName}")
            : Path.Combine(runtime, FolderName);
    }

    private sealed class Listener : ControlListener
    {
        private readonly Socket _socket = CreateSocket();
        private readonly string _path;

        public Listener(string path)
        {
            _path = path;
            File.Delete(path);
            _socket.Bind(new UnixDomainSocketEndPoint(path));
            _socket.Listen();
        }

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        {
            try
            {
                return new NetworkStream(await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false), ownsSocket: true);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw new OperationCanceledException("the socket is closed", e);
            }
        }

        public override void Stop() => _socket.Dispose();

        public override void Dispose()
        {
            Stop();
            File.Delete(_path);
        }
    }
}
