using System.Diagnostics;
using FuseServer.Interop;

namespace FuseServer.Mounting;

/// <summary>
/// The set-user-id helper fusermount3, which mounts for ordinary users. It is told a socket by the variable _FUSE_COMMFD
/// and passes the descriptor of /dev/fuse back through it (SCM_RIGHTS).
/// </summary>
internal static unsafe class Fusermount
{
    private const string Program = "fusermount3";
    private const string SocketVariable = "_FUSE_COMMFD";

    public static int Mount(string mountPoint, FuseOptions options)
    {
        int* sockets = stackalloc int[2];
        if (NativeMethods.SocketPair(NativeMethods.AddressFamilyUnix, NativeMethods.SocketStream | NativeMethods.SocketCloseOnExec, 0, sockets) != 0)
            throw new FuseMountException($"cannot mount on {mountPoint}: no socket for {Program}: {NativeMethods.LastError}", NativeMethods.LastError);
        int ours = sockets[0];
        int theirs = sockets[1];
        try
        {
            // Inherited by the helper alone, unless another thread starts a program in this very moment.
            _ = NativeMethods.DescriptorControl(theirs, NativeMethods.SetDescriptorFlags, 0);
            using Process process = Start(["-o", Options(options), "--", mountPoint], theirs, mountPoint);
            _ = NativeMethods.Close(theirs);
            theirs = -1;
            int descriptor = ReceiveDescriptor(ours);
            string complaint = process.StandardError.ReadToEnd().Trim().ReplaceLineEndings(" ");
            process.WaitForExit();
            if (descriptor < 0)
            {
                throw new FuseMountException(
                    $"cannot mount on {mountPoint}: {(complaint.Length > 0 ? complaint : $"{Program} ended with {process.ExitCode}")}", Errno.EPERM);
            }
            return descriptor;
        }
        finally
        {
            _ = NativeMethods.Close(ours);
            if (theirs >= 0)
                _ = NativeMethods.Close(theirs);
        }
    }

    public static Errno Unmount(string mountPoint, bool detach)
    {
        try
        {
            using Process process = Start([detach ? "-uz" : "-u", "--", mountPoint], -1, mountPoint);
            string complaint = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0)
                return Errno.None;
            return complaint.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY : Errno.EPERM;
        }
        catch (FuseMountException)
        {
            return Errno.ENOSYS;
        }
    }

    private static string Options(FuseOptions options)
    {
        List<string> list = [$"fsname={Escape(options.Source ?? options.FileSystemName)}", $"subtype={options.FileSystemName}"];
        if (options.AllowOther)
            list.Add("allow_other");
        if (options.DefaultPermissions)
            list.Add("default_permissions");
        if (options.ReadOnly)
            list.Add("ro");
        if (options.NoAccessTime)
            list.Add("noatime");
        return string.Join(',', list);
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    private static Process Start(string[] arguments, int socket, string mountPoint)
    {
        ProcessStartInfo start = new(Program, arguments) { RedirectStandardError = true, UseShellExecute = false };

        // Our own may hold secrets, which a configuration can take from there.
        string? path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["LC_ALL"] = "C";
        if (socket >= 0)
            start.Environment[SocketVariable] = socket.ToString();
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new FuseMountException(
                $"cannot mount or unmount {mountPoint}: {Program} cannot be run; install the package fuse3", Errno.ENOENT, exception);
        }
    }

    private static int ReceiveDescriptor(int socket)
    {
        byte payload;
        NativeMethods.IoVector vector = new() { Base = &payload, Length = 1 };
        NativeMethods.DescriptorMessage control = default;
        NativeMethods.MessageHeader message = new()
        {
            Vectors = &vector,
            VectorCount = 1,
            Control = &control,
            ControlLength = (nuint)sizeof(NativeMethods.DescriptorMessage),
        };
        nint count;
        do
        {
            count = NativeMethods.ReceiveMessage(socket, &message, NativeMethods.ReceiveCloseOnExec);
        }
        while (count < 0 && NativeMethods.LastError == Errno.EINTR);
        bool passed = count > 0 && message.ControlLength >= (nuint)(sizeof(NativeMethods.DescriptorMessage) - sizeof(int))
            && control is { Level: NativeMethods.SocketLevel, Type: NativeMethods.PassedRights };
        return passed ? control.Descriptor : -1;
    }
}
