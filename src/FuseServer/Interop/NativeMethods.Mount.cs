using System.Runtime.InteropServices;

namespace FuseServer.Interop;

internal static unsafe partial class NativeMethods
{
    public const ulong MountReadOnly = 1; // MS_RDONLY
    public const ulong MountNoSetUserId = 2; // MS_NOSUID
    public const ulong MountNoDevices = 4; // MS_NODEV
    public const ulong MountNoAccessTime = 1024; // MS_NOATIME

    public const int UnmountForce = 1; // MNT_FORCE: ends the connection and with it all requests
    public const int UnmountDetach = 2; // MNT_DETACH
    public const int UnmountNoFollow = 8; // UMOUNT_NOFOLLOW

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    /// <param name="path">Any file of the file system.</param>
    /// <param name="result">struct statfs, at most 128 bytes on 64-bit Linux.</param>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatFileSystem(string path, byte* result);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* RealPath(string path, byte* resolved);
}
