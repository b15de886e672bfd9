using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrthancCloudFs.Buckets.Local;

/// <summary>
/// The calls that .NET lacks: making a file's content and a folder's entries durable, and giving a file a second name if that is free.
/// </summary>
public static partial class DirectorySync
{
    /// <summary><c>O_RDONLY | O_DIRECTORY | O_CLOEXEC</c> of Linux on x86-64; see <see cref="OpenFlags"/>.</summary>
    private const int OpenFlagsX64 = 0x10000 | 0x80000;

    /// <summary>ARM's Linux numbers <c>O_DIRECTORY</c> differently.</summary>
    private const int OpenFlagsArm = 0x4000 | 0x80000;

    private const int ErrorInterrupted = 4; // EINTR
    private const int ErrorInvalid = 22; // EINVAL: this file system cannot sync a folder

    private static int OpenFlags => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? OpenFlagsArm : OpenFlagsX64;

    /// <summary>Returns when the entries of the folder (names created, renamed or removed in it) would survive a loss of power.</summary>
    /// <remarks>
    /// A no-op on Windows, which cannot sync a folder. There a new file's name is durable with <see cref="FlushFile"/>, and another name with
    /// <see cref="Replace"/> and <see cref="MoveIfAbsent"/>; a removed name may come back after a loss of power.
    /// </remarks>
    /// <exception cref="IOException">With the errno as <see cref="Exception.HResult"/>, as .NET's own.</exception>
    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = Open(directory, OpenFlags);
        if (descriptor < 0)
            throw Failure("open", directory);
        try
        {
            if (!TryFsync(descriptor) && Marshal.GetLastPInvokeError() != ErrorInvalid)
                throw Failure("fsync", directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Returns when what was written to the file would survive a loss of power.</summary>
    /// <remarks>
    /// <see cref="RandomAccess.FlushToDisk"/> and <see cref="FileStream.Flush(bool)"/> are of no use here: on Unix they return as if nothing
    /// had happened when fsync(2) fails, also with EIO or ENOSPC (seen with .NET 10.0.12).
    /// </remarks>
    /// <param name="file">Open for writing; its owner has no unwritten bytes left in a buffer of its own.</param>
    /// <param name="path">For the message.</param>
    /// <exception cref="IOException">As <see cref="Flush"/>.</exception>
    public static void FlushFile(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            if (!TryFsync((int)file.DangerousGetHandle()))
                throw Failure("fsync", path);
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>
    /// Gives the file at <paramref name="from"/> the name <paramref name="to"/>, in the place of what has it; atomic. On Linux the folder has
    /// yet to be flushed.
    /// </summary>
    /// <exception cref="IOException">Nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">As before; on Windows also where the file in that place is open.</exception>
    public static void Replace(string from, string to)
    {
        if (OperatingSystem.IsWindows())
            WindowsFiles.Move(from, to, overwrite: true);
        else
            File.Move(from, to, overwrite: true);
    }

    /// <summary>
    /// Makes a folder where there is none, and those above it that are missing, for this program's user alone (on Windows also for the system
    /// and the administrators); on Linux only the last is that.
    /// </summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
            WindowsFiles.CreateFolderForOwner(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Gives the file at <paramref name="from"/> the name <paramref name="to"/>; atomic, and never over an existing file.</summary>
    /// <exception cref="IOException">As <see cref="Flush"/>.</exception>
    internal static void MoveIfAbsent(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFiles.Move(from, to, overwrite: false);
            return;
        }
        if (!OperatingSystem.IsLinux())
        {
            File.Move(from, to, overwrite: false);
            return;
        }
        if (Link(from, to) != 0)
            throw Failure("link", to);
        File.Delete(from);
    }

    /// <summary>False with the error as the last of P/Invoke.</summary>
    private static bool TryFsync(int descriptor)
    {
        int result;
        do
            result = Fsync(descriptor);
        while (result != 0 && Marshal.GetLastPInvokeError() == ErrorInterrupted);
        return result == 0;
    }

    private static IOException Failure(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string from, string to);
}
