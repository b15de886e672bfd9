using FuseServer.Interop;

namespace FuseServer.Mounting;

/// <summary>Mounts and unmounts, with the system calls as root and through fusermount3 otherwise.</summary>
internal static unsafe class Mounter
{
    private const uint DirectoryMode = 0x4000; // S_IFDIR

    /// <summary>Mounts and returns the descriptor of the connection.</summary>
    /// <exception cref="FuseMountException">It did not work.</exception>
    public static int Mount(string mountPoint, FuseOptions options) => UsesFusermount(options)
        ? Fusermount.Mount(mountPoint, options)
        : MountDirectly(mountPoint, options);

    /// <param name="mountPoint">The directory.</param>
    /// <param name="options">Tell how it was mounted.</param>
    /// <param name="flags">MNT_* of umount2(2).</param>
    public static Errno Unmount(string mountPoint, FuseOptions options, int flags) => UsesFusermount(options)
        ? Fusermount.Unmount(mountPoint, (flags & NativeMethods.UnmountDetach) != 0)
        : UnmountDirectly(mountPoint, flags);

    /// <summary>Takes away a mount whose server is gone; true if there was one.</summary>
    public static bool TryClearStale(string path)
    {
        const int MaxStacked = 16;
        string mountPoint = MountTable.Canonicalize(path);
        int cleared = 0;
        while (cleared < MaxStacked && IsStale(mountPoint))
        {
            if (UnmountDirectly(mountPoint, NativeMethods.UnmountDetach) != Errno.None
                && Fusermount.Unmount(mountPoint, detach: true) != Errno.None)
            {
                break;
            }
            cleared++;
        }
        return cleared > 0;
    }

    private static bool UsesFusermount(FuseOptions options) => options.ForceFusermount || NativeMethods.EffectiveUserId() != 0;

    private static bool IsStale(string mountPoint)
    {
        if (MountTable.TypeOf(mountPoint) is not { } type || !(type == "fuse" || type.StartsWith("fuse.", StringComparison.Ordinal)))
            return false;
        // statfs(2) always asks the server; stat(2) may be answered by the cache.
        byte* result = stackalloc byte[256];
        return NativeMethods.StatFileSystem(mountPoint, result) != 0 && NativeMethods.LastError is Errno.ENOTCONN or Errno.ECONNABORTED;
    }

    private static Errno UnmountDirectly(string mountPoint, int flags) =>
        NativeMethods.Unmount(mountPoint, flags | NativeMethods.UnmountNoFollow) == 0 ? Errno.None : NativeMethods.LastError;

    private static int MountDirectly(string mountPoint, FuseOptions options)
    {
        int descriptor = NativeMethods.Open("/dev/fuse", NativeMethods.OpenReadWrite | NativeMethods.OpenCloseOnExec);
        if (descriptor < 0)
        {
            Errno error = NativeMethods.LastError;
            throw new FuseMountException($"cannot open /dev/fuse: {error}; load the kernel module with 'modprobe fuse' (in a container: pass the device in)", error);
        }
        string data = $"fd={descriptor},rootmode={Convert.ToString(DirectoryMode, 8)},user_id={NativeMethods.EffectiveUserId()},group_id={NativeMethods.EffectiveGroupId()}"
            + (options.AllowOther ? ",allow_other" : "")
            + (options.DefaultPermissions ? ",default_permissions" : "");
        ulong flags = NativeMethods.MountNoSetUserId | NativeMethods.MountNoDevices
            | (options.ReadOnly ? NativeMethods.MountReadOnly : 0)
            | (options.NoAccessTime ? NativeMethods.MountNoAccessTime : 0);
        string type = options.FileSystemName == "fuse" ? "fuse" : "fuse." + options.FileSystemName;
        if (NativeMethods.Mount(options.Source ?? options.FileSystemName, mountPoint, type, flags, data) != 0)
        {
            Errno error = NativeMethods.LastError;
            _ = NativeMethods.Close(descriptor);
            throw new FuseMountException($"cannot mount on {mountPoint}: {error}{Advice(error)}", error);
        }
        return descriptor;
    }

    private static string Advice(Errno error) => error switch
    {
        Errno.EPERM or Errno.EACCES => "; mounting needs the capability CAP_SYS_ADMIN",
        Errno.ENODEV => "; the kernel has no FUSE, load it with 'modprobe fuse'",
        Errno.ENOENT => "; the directory does not exist",
        Errno.ENOTDIR => "; it is not a directory",
        Errno.ENOTCONN => "; a dead mount is there, unmount it with 'fusermount3 -uz'",
        _ => "",
    };
}
