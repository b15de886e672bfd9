using System.Runtime.InteropServices;

namespace OrthancCloudFs.Program.Native;

/// <summary>The calls of Linux's C library that the program itself needs.</summary>
internal static unsafe partial class Libc
{
    /// <summary>Leaves the terminal's session, so that closing the terminal does not end the process.</summary>
    public static void LeaveSession() => _ = SetSessionId();

    /// <summary>Sends standard error of this process to a file, appending; the file is made for its owner only.</summary>
    public static void SendStandardErrorTo(string path)
    {
        const int writeAppendCreate = 0x1 | 0x400 | 0x40; // O_WRONLY | O_APPEND | O_CREAT
        const int ownerOnly = 0x180; // 0600
        int descriptor = Open(path, writeAppendCreate, ownerOnly);
        if (descriptor < 0)
            throw new IOException($"cannot open the log file {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        _ = Duplicate(descriptor, 2);
        _ = Close(descriptor);
    }

    /// <summary>Sends SIGTERM to a process, if it is still there.</summary>
    public static void Terminate(int processId)
    {
        const int terminate = 15; // SIGTERM
        _ = Kill(processId, terminate);
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    /// <summary>The user's number, or null.</summary>
    public static uint? FindUser(string name) => Find(GetPasswordEntry(name));

    /// <summary>The group's number, or null.</summary>
    public static uint? FindGroup(string name) => Find(GetGroupEntry(name));

    /// <summary>struct passwd and struct group both begin with two strings, then the number.</summary>
    private static uint? Find(nint entry) => entry == 0 ? null : *(uint*)(entry + (2 * sizeof(nint)));

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSessionId();

    [LibraryImport("libc", EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetPasswordEntry(string name);

    [LibraryImport("libc", EntryPoint = "getgrnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetGroupEntry(string name);
}
