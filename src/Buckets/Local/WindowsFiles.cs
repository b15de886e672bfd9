using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace OrthancCloudFs.Buckets.Local;

/// <summary>What Windows has in the place of rename(2) and fsync(2) of a folder, and of the mode of a new folder.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsFiles
{
    // winbase.h
    private const uint ReplaceExisting = 0x1; // MOVEFILE_REPLACE_EXISTING
    private const uint WriteThrough = 0x8; // MOVEFILE_WRITE_THROUGH
    private const uint FlagWriteThrough = 0x8000_0000; // FILE_FLAG_WRITE_THROUGH: renames by this handle too

    // winnt.h
    private const uint Delete = 0x1_0000; // DELETE
    private const uint Synchronize = 0x10_0000; // SYNCHRONIZE
    private const uint ShareAll = 0x7; // FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE

    // fileapi.h, minwinbase.h
    private const uint OpenExisting = 3; // OPEN_EXISTING
    private const int FileRenameInfoEx = 22;
    private const uint ReplaceIfExists = 0x1; // FILE_RENAME_FLAG_REPLACE_IF_EXISTS
    private const uint PosixSemantics = 0x2; // FILE_RENAME_FLAG_POSIX_SEMANTICS

    // winerror.h
    private const int FileNotFound = 2, PathNotFound = 3, AccessDenied = 5, SharingViolation = 32;

    /// <summary>Milliseconds that a file may stay open before it is given up to replace it, and between two attempts.</summary>
    private const int Patience = 30_000, RetryDelay = 1;

    /// <summary>Paths from this length on need the prefix that lifts the limit of MAX_PATH.</summary>
    private const int LongPath = 248;

    /// <summary>
    /// Gives a file another name; durable when this returns, which Windows calls "write through". A file that has the name already is
    /// replaced on request, also where somebody has it open for reading, if the file system can do that (NTFS since Windows 10 1709);
    /// elsewhere it is waited for a while that it is closed.
    /// </summary>
    /// <exception cref="IOException">As .NET's own; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">As before; also: the file that has the name is open.</exception>
    public static void Move(string from, string to, bool overwrite)
    {
        var (source, target) = (Extended(from), Extended(to));
        var start = Environment.TickCount64;
        for (var attempt = 1; ; attempt++)
        {
            if (MoveFile(source, target, WriteThrough | (overwrite ? ReplaceExisting : 0)) != 0)
                return;
            var error = Marshal.GetLastPInvokeError();
            var isOpen = overwrite && error is (AccessDenied or SharingViolation) && File.Exists(to);
            if (isOpen && TryReplaceOpenFile(source, target))
                return;
            if (!isOpen || (attempt == 1 && !MayBeRemoved(target)) || Environment.TickCount64 - start > Patience)
                throw Failure(error, to);
            Thread.Sleep(RetryDelay);
        }
    }

    /// <summary>Makes a folder for System, the Administrators and this program's account alone; what is made in it will be too.</summary>
    public static void CreateFolderForOwner(string path)
    {
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        using var account = WindowsIdentity.GetCurrent();
        foreach (var sid in (SecurityIdentifier[])[new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null), account.User!])
        {
            security.AddAccessRule(new FileSystemAccessRule(
                sid, FileSystemRights.FullControl, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit, PropagationFlags.None, AccessControlType.Allow));
        }
        security.CreateDirectory(path);
    }

    /// <summary>The rename of POSIX, which MoveFileEx does not do: whoever has the old file open keeps it.</summary>
    private static bool TryReplaceOpenFile(string from, string to)
    {
        using SafeFileHandle file = CreateFile(from, Delete | Synchronize, ShareAll, 0, OpenExisting, FlagWriteThrough, 0);
        if (file.IsInvalid)
            return false;
        var bytes = new byte[sizeof(RenameInformation) + (to.Length * sizeof(char))];
        fixed (byte* buffer = bytes)
        {
            *(RenameInformation*)buffer = new RenameInformation
            {
                Flags = ReplaceIfExists | PosixSemantics,
                FileNameLength = (uint)(to.Length * sizeof(char)),
            };
            to.CopyTo(new Span<char>(&((RenameInformation*)buffer)->FileName, to.Length));
            return SetFileInformation(file, FileRenameInfoEx, buffer, (uint)bytes.Length) != 0;
        }
    }

    /// <summary>False where waiting does not help: access is denied because it is, and not because somebody has the file open.</summary>
    private static bool MayBeRemoved(string path)
    {
        using SafeFileHandle file = CreateFile(path, Delete | Synchronize, ShareAll, 0, OpenExisting, 0, 0);
        return !file.IsInvalid || Marshal.GetLastPInvokeError() != AccessDenied;
    }

    private static string Extended(string path)
    {
        path = Path.GetFullPath(path);
        return path.Length < LongPath || path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
            : path.StartsWith(@"\\", StringComparison.Ordinal) ? $@"\\?\UNC\{path.AsSpan(2)}"
            : $@"\\?\{path}";
    }

    private static Exception Failure(int error, string path)
    {
        var message = $"{path}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error switch
        {
            FileNotFound => new FileNotFoundException(message, path),
            PathNotFound => new DirectoryNotFoundException(message),
            AccessDenied => new UnauthorizedAccessException(message),
            _ => new IOException(message, unchecked((int)0x8007_0000) | error),
        };
    }

    /// <summary>FILE_RENAME_INFO with the flags of its newer form.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RenameInformation
    {
        public uint Flags;
        public nint RootDirectory;
        public uint FileNameLength;
        public char FileName; // the first of many, and a zero behind them
    }

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    private static partial int MoveFile(string from, string to, uint flags);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    private static partial SafeFileHandle CreateFile(
        string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "SetFileInformationByHandle", SetLastError = true)]
    private static partial int SetFileInformation(SafeFileHandle file, int kind, void* information, uint length);
}
