using System.Runtime.InteropServices;

namespace OrthancCloudFs.Benchmarks.Clients;

/// <summary>The system calls of Orthanc's file storage.</summary>
internal static unsafe partial class Libc
{
    public const int ReadOnly = 0; // O_RDONLY
    public const int CreateForWriting = 0x241; // O_WRONLY | O_CREAT | O_TRUNC
    public const int SeekSet = 0;
    public const int SeekEnd = 2;
    public const int ENOENT = 2;
    public const int EEXIST = 17;

    /// <summary>More than sizeof(struct stat) on any architecture.</summary>
    private const int StatBytes = 256;

    public static bool Exists(string path)
    {
        byte* buffer = stackalloc byte[StatBytes];
        return Stat(path, buffer) == 0 || (Marshal.GetLastPInvokeError() == ENOENT ? false : throw Failure("stat", path));
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SynchronizeData(int descriptor);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    public static IOException Failure(string call, string path) =>
        new($"{call} {path}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, byte* buffer);
}
