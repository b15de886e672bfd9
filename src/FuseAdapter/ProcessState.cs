using System.Globalization;
using System.Text;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>What the kernel tells of the process behind a request.</summary>
internal static class ProcessState
{
    /// <summary>PF_SIGNALED of linux/sched.h: "killed by a signal".</summary>
    private const uint KilledBySignal = 0x400;

    /// <summary>The flags are the ninth field of /proc/PID/stat, the seventh behind the name in parentheses; see proc(5).</summary>
    private const int FlagsFieldBehindName = 7;

    /// <summary>True when the process or thread is ending because of a signal; false when it is not, or cannot be seen.</summary>
    /// <param name="processId">Of a process or thread; 0 when it lives outside the server's PID namespace.</param>
    public static bool IsBeingKilled(uint processId)
    {
        if (processId == 0)
            return false;
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat", Encoding.Latin1);
            string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length >= FlagsFieldBehindName
                && (uint.Parse(fields[FlagsFieldBehindName - 1], CultureInfo.InvariantCulture) & KilledBySignal) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
