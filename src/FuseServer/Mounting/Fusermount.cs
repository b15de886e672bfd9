using System.ComponentModel;
using System.Diagnostics;
using FuseServer.Native;

namespace FuseServer.Mounting;

/// <summary>
/// Mounts without being root, through the set-user-id program fusermount3 of fuse3: it is given a socket in _FUSE_COMMFD and sends the
/// connection's descriptor back.
/// </summary>
internal static unsafe class Fusermount
{
    private const string ProgramName = "fusermount3";
    private const string SocketVariable = "_FUSE_COMMFD";
    private const int UnixDomain = 1; // AF_UNIX
    private const int StreamType = 1; // SOCK_STREAM
    private const int SetDescriptorFlags = 2; // F_SETFD
    private const int CloseOnExecFlag = 1; // FD_CLOEXEC
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int Rights = 1; // SCM_RIGHTS

    public static int Mount(string mountPoint, FuseOptions options)
    {
        int* sockets = stackalloc int[2];
        if (Libc.SocketPair(UnixDomain, StreamType, 0, sockets) < 0)
            throw new FuseMountException($"cannot mount at {mountPoint}: no socket pair: {Libc.LastError()}");
        try
        {
            _ = Libc.FileControl(sockets[1], SetDescriptorFlags, CloseOnExecFlag);
            string mountOptions = $"fsname={options.Source},subtype={options.FileSystemName},nosuid,nodev"
                + (options.ReadOnly ? ",ro" : "") + FuseMount.CommonOptions(options);
            (int exitCode, string error) = Run([(SocketVariable, $"{sockets[0]}")], "-o", mountOptions, "--", mountPoint);
            if (exitCode != 0)
                throw new FuseMountException($"cannot mount at {mountPoint}: {error}");
            int device = ReceiveDescriptor(sockets[1]);
            _ = Libc.FileControl(device, SetDescriptorFlags, CloseOnExecFlag);
            return device;
        }
        finally
        {
            _ = Libc.Close(sockets[0]);
            _ = Libc.Close(sockets[1]);
        }
    }

    public static Errno Unmount(string mountPoint, bool lazily)
    {
        string[] arguments = lazily ? ["-u", "-z", "--", mountPoint] : ["-u", "--", mountPoint];
        (int exitCode, string error) = Run([], arguments);
        if (exitCode == 0)
            return Errno.None;
        return error.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY : Errno.EINVAL;
    }

    private static (int ExitCode, string Error) Run((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(ProgramName, arguments) { UseShellExecute = false, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        try
        {
            using Process process = Process.Start(start)!;
            string error = process.StandardError.ReadToEnd().Trim().ReplaceLineEndings(" ");
            process.WaitForExit();
            return (process.ExitCode, error);
        }
        catch (Win32Exception e)
        {
            throw new FuseMountException($"cannot run {ProgramName}: {e.Message}; install the package fuse3", e);
        }
    }

    /// <summary>Receives one descriptor as ancillary data, see unix(7) and cmsg(3).</summary>
    private static int ReceiveDescriptor(int socket)
    {
        byte data;
        // struct cmsghdr of a 64-bit Linux: length (8), level (4), type (4), then the descriptor.
        byte* control = stackalloc byte[24];
        var vector = new IoVector { Base = &data, Length = 1 };
        var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 24 };
        nint received = Libc.ReceiveMessage(socket, &message, 0);
        if (received < 1 || *(int*)(control + 8) != SocketLevel || *(int*)(control + 12) != Rights)
            throw new FuseMountException($"{ProgramName} sent no descriptor");
        return *(int*)(control + 16);
    }
}
