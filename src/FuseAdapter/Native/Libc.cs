using System.Runtime.InteropServices;
using FuseServer;

namespace OrthancCloudFs.FuseAdapter.Native;

/// <summary>Constants of Linux that are the same on x86-64 and arm64, except where noted.</summary>
internal static partial class Libc
{
    public const int ReadOnly = 0x0; // O_RDONLY
    public const int WriteOnly = 0x1; // O_WRONLY
    public const int ReadWrite = 0x2; // O_RDWR
    public const int AccessMode = 0x3; // O_ACCMODE
    public const int Create = 0x40; // O_CREAT
    public const int Exclusive = 0x80; // O_EXCL
    public const int Truncate = 0x200; // O_TRUNC
    public const int CloseOnExec = 0x80000; // O_CLOEXEC
    public const int PathOnly = 0x200000; // O_PATH

    public const int CurrentFolder = -100; // AT_FDCWD
    public const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    public const int RemoveFolder = 0x200; // AT_REMOVEDIR
    public const int FollowLink = 0x400; // AT_SYMLINK_FOLLOW
    public const int EmptyPath = 0x1000; // AT_EMPTY_PATH

    // These two differ between x86-64 and arm64 (asm/fcntl.h).
    public static readonly int FolderOnly = Arm ? 0x4000 : 0x10000; // O_DIRECTORY
    public static readonly int RefuseLink = Arm ? 0x8000 : 0x20000; // O_NOFOLLOW

    private static bool Arm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>The path by which an O_PATH descriptor is opened for real, or used by calls that take no descriptor.</summary>
    public static string DescriptorPath(int descriptor) => $"/proc/self/fd/{descriptor}";

    public static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>None when a call succeeded, otherwise its error.</summary>
    public static Errno ErrorOf(int result) => result < 0 ? LastError() : Errno.None;
}
