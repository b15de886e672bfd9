using System.Runtime.InteropServices;
using System.Text;

namespace OrthancCloudFs.Program.Native;

/// <summary>What the program gives up before it handles keys and images: the view into its memory, and what root has and a mount does not need.</summary>
internal static unsafe partial class ProcessProtection
{
    /// <summary>What root keeps for a mount; <c>CapabilityBoundingSet=</c> of the service's unit says the same.</summary>
    private const ulong KeptCapabilities =
        (1 << 0) // CAP_CHOWN: what a user creates in the local directory belongs to that user
        | (1 << 1) // CAP_DAC_OVERRIDE: the files there, and the configuration, are other users'
        | (1 << 3) // CAP_FOWNER: so are their modes and times
        | (1 << 4) // CAP_FSETID: set-group-id folders keep their bit
        | (1 << 21); // CAP_SYS_ADMIN: mounting, and unmounting at the end

    // linux/prctl.h
    private const int SetDumpable = 4;
    private const int ReadBoundingSet = 23;
    private const int DropFromBoundingSet = 24;
    private const int SetNoNewPrivileges = 38;
    private const int GetNoNewPrivileges = 39;

    private const int CoreLimit = 4; // RLIMIT_CORE
    private const uint CapabilityVersion = 0x20080522; // _LINUX_CAPABILITY_VERSION_3
    private const uint OwnerOnly = 0x3F; // 0077

    /// <summary>With 0, the runtime opens no socket by which others of this user could load code into the process or dump its memory.</summary>
    private const string DiagnosticsVariable = "DOTNET_EnableDiagnostics";

    /// <summary>No core dump and no ptrace by others: memory holds keys and plaintext. Whatever is created is for this user alone.</summary>
    public static void Begin()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _ = Control(SetDumpable, 0, 0, 0, 0);
        ResourceLimit none = default;
        _ = SetResourceLimit(CoreLimit, &none);
        _ = SetFileModeMask(OwnerOnly);
    }

    /// <summary>
    /// Goes on with no more capabilities than <see cref="KeptCapabilities"/>, and with no way to more, in all threads, and without the
    /// runtime's door for debuggers and profilers. Linux changes the capabilities of one thread only, and the runtime has many already; so the
    /// calling thread changes its own and starts the program anew, in this very process, from which all threads inherit. Does nothing where
    /// that was done before, by this program or by systemd.
    /// </summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static void DropPrivileges()
    {
        if (!OperatingSystem.IsLinux())
            return;
        bool startAnew = TryDropCapabilities();
        if (Environment.GetEnvironmentVariable(DiagnosticsVariable) is null)
        {
            Require(SetEnvironment(DiagnosticsVariable, "0", 0), "setenv");
            startAnew = true;
        }

        if (startAnew)
            StartAnew();
    }

    /// <summary>
    /// As root only. Otherwise the set-user-id program fusermount3 mounts, which must be able to gain privileges.
    /// </summary>
    /// <returns>True when the calling thread had something to lose.</returns>
    private static bool TryDropCapabilities()
    {
        if (Libc.EffectiveUserId() != 0)
            return false;
        CapabilityHeader header = new() { Version = CapabilityVersion };
        CapabilitySets sets = default;
        Require(GetCapabilities(&header, &sets), "capget");
        if ((sets.Permitted & ~KeptCapabilities) == 0 && Control(GetNoNewPrivileges, 0, 0, 0, 0) == 1)
            return false;

        // First what needs a capability itself. Where that one is missing, as in some containers, the rest suffices: with "no new
        // privileges", execve(2) gives to root what it has, whatever the bounding set.
        for (int capability = 0; Control(ReadBoundingSet, (nuint)capability, 0, 0, 0) >= 0; capability++)
        {
            if ((KeptCapabilities & (1UL << capability)) == 0)
                _ = Control(DropFromBoundingSet, (nuint)capability, 0, 0, 0);
        }

        sets.Restrict(KeptCapabilities);
        Require(SetCapabilities(&header, &sets), "capset");
        Require(Control(SetNoNewPrivileges, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
        return true;
    }

    /// <summary>Returns never: it throws, or is no more.</summary>
    private static void StartAnew()
    {
        RemoveDoors();
        byte[] commandLine = File.ReadAllBytes("/proc/self/cmdline"); // as it was given, each argument with a NUL behind
        byte[] program = Encoding.UTF8.GetBytes(Environment.ProcessPath + "\0");
        fixed (byte* text = commandLine, path = program)
        {
            int count = commandLine.AsSpan().Count((byte)0);
            byte** arguments = stackalloc byte*[count + 1];
            byte* next = text;
            for (int i = 0; i < count; i++)
            {
                arguments[i] = next;
                next += MemoryMarshal.CreateReadOnlySpanFromNullTerminated(next).Length + 1;
            }

            arguments[count] = null;
            Require(Execute(path, arguments), "execv");
        }
    }

    /// <summary>The files of the runtime's door, which it removes only when it ends by itself.</summary>
    private static void RemoveDoors()
    {
        try
        {
            foreach (string pattern in (string[])[$"dotnet-diagnostic-{Environment.ProcessId}-*", $"clr-debug-pipe-{Environment.ProcessId}-*"])
            {
                foreach (string path in Directory.EnumerateFiles(Path.GetTempPath(), pattern))
                    File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They are of no use to anybody.
        }
    }

    private static void Require(int result, string call)
    {
        if (result < 0)
            throw new IOException($"privileges cannot be given up: {call}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetFileModeMask(uint mask);

    [LibraryImport("libc", EntryPoint = "capget", SetLastError = true)]
    private static partial int GetCapabilities(CapabilityHeader* header, CapabilitySets* sets);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    private static partial int SetCapabilities(CapabilityHeader* header, CapabilitySets* sets);

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true)]
    private static partial int Execute(byte* path, byte** arguments);

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public nuint Current;
        public nuint Maximum;
    }

    /// <summary>struct __user_cap_header_struct; process 0 is the calling thread.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CapabilityHeader
    {
        public uint Version;
        public int ProcessId;
    }

    /// <summary>struct __user_cap_data_struct, twice: the low and the high half of each set.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CapabilitySets
    {
        private uint _effectiveLow;
        private uint _permittedLow;
        private uint _inheritableLow;
        private uint _effectiveHigh;
        private uint _permittedHigh;
        private uint _inheritableHigh;

        public readonly ulong Permitted => _permittedLow | ((ulong)_permittedHigh << 32);

        /// <summary>Of what is permitted, keeps these, and lets programs inherit nothing.</summary>
        public void Restrict(ulong kept)
        {
            _permittedLow &= (uint)kept;
            _permittedHigh &= (uint)(kept >> 32);
            (_effectiveLow, _effectiveHigh) = (_permittedLow, _permittedHigh);
            (_inheritableLow, _inheritableHigh) = (0, 0);
        }
    }
}
