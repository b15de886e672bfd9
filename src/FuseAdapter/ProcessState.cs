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

    /// <summary>A process that is only ending answers at once.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>True when the process or thread is ending because of a signal; false when it is not, or cannot be seen.</summary>
    /// <param name="processId">Of a process or thread; 0 when it lives outside the server's PID namespace.</param>
    public static async Task<bool> IsBeingKilledAsync(uint processId)
    {
        if (processId == 0)
            return false;

        // A process in execve(2) closes its close-on-exec descriptors, and cannot be looked at until that is done, hence until this very
        // close is answered. So nobody waits long, and no thread that reads requests waits at all.
        Task<bool> look = Task.Run(() => WasSignalled(processId));
        try
        {
            return await look.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static bool WasSignalled(uint processId)
    {
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
