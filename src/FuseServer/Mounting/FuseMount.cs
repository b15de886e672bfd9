using System.Text;
using FuseServer.Native;

namespace FuseServer.Mounting;

/// <summary>Mounts and unmounts: by mount(2) as root, by fusermount3 otherwise.</summary>
internal static class FuseMount
{
    private const string DevicePath = "/dev/fuse";

    /// <summary>Mounts and returns the descriptor of the connection.</summary>
    public static int Mount(string mountPoint, FuseOptions options)
    {
        RequireFolder(mountPoint);
        return UsesFusermount(options.ForceFusermount) ? Fusermount.Mount(mountPoint, options) : MountDirectly(mountPoint, options);
    }

    public static void Unmount(string mountPoint, bool lazily, bool forceFusermount)
    {
        Errno error = TryUnmount(mountPoint, lazily, forceFusermount);
        if (error == Errno.None)
            return;
        string advice = error == Errno.EBUSY ? "; something below it is in use: stop it first (see 'fuser -vm' on it)" : "";
        throw new FuseMountException($"cannot unmount {mountPoint}: {error}{advice}") { IsBusy = error == Errno.EBUSY };
    }

    public static Errno TryUnmount(string mountPoint, bool lazily, bool forceFusermount)
    {
        if (UsesFusermount(forceFusermount))
            return Fusermount.Unmount(mountPoint, lazily);
        return Libc.Unmount(mountPoint, lazily ? Libc.DetachMount : 0) == 0 ? Errno.None : Libc.LastError();
    }

    public static bool TryClearStale(string mountPoint)
    {
        // Opening asks the server; stat may still be answered from what the kernel keeps.
        int folder = Libc.Open(mountPoint, Libc.CloseOnExec);
        if (folder >= 0)
            _ = Libc.Close(folder);
        if (folder >= 0 || Libc.LastError() != Errno.ENOTCONN)
            return false;
        Errno error = TryUnmount(mountPoint, lazily: true, forceFusermount: false);
        if (error != Errno.None)
            throw new FuseMountException($"{mountPoint} is a mount whose program has gone, and it cannot be cleared: {error}; try 'umount -l' on it as root");
        return true;
    }

    /// <summary>The options that mount(2) and fusermount3 both know.</summary>
    public static string CommonOptions(FuseOptions options)
    {
        var text = new StringBuilder();
        if (options.AllowOther)
            text.Append(",allow_other");
        if (options.DefaultPermissions)
            text.Append(",default_permissions");
        text.Append(",max_read=").Append(options.MaxRequestBytes);
        return text.ToString();
    }

    private static bool UsesFusermount(bool forced) => forced || Libc.EffectiveUserId() != 0;

    private static void RequireFolder(string mountPoint)
    {
        if (File.Exists(mountPoint))
            throw new FuseMountException($"cannot mount at {mountPoint}: it is no directory");
        if (!Directory.Exists(mountPoint))
            throw new FuseMountException($"cannot mount at {mountPoint}: there is no such directory; create it first");
    }

    private static int MountDirectly(string mountPoint, FuseOptions options)
    {
        int device = Libc.Open(DevicePath, Libc.ReadWrite | Libc.CloseOnExec);
        if (device < 0)
            throw new FuseMountException($"cannot open {DevicePath}: {Libc.LastError()}; is the kernel module 'fuse' loaded?");
        ulong flags = Libc.NoSetUserId | Libc.NoDevices | (options.ReadOnly ? Libc.ReadOnlyMount : 0);
        string data = $"fd={device},rootmode=40000,user_id={Libc.EffectiveUserId()},group_id={Libc.EffectiveGroupId()}{CommonOptions(options)}";
        if (Libc.Mount(options.Source, mountPoint, $"fuse.{options.FileSystemName}", flags, data) == 0)
            return device;
        Errno error = Libc.LastError();
        _ = Libc.Close(device);
        throw new FuseMountException($"cannot mount at {mountPoint}: {error}");
    }
}
