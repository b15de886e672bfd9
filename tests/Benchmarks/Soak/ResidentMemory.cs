using System.Globalization;

namespace OrthancCloudFs.Benchmarks.Soak;

/// <summary>Resident memory of a process in bytes, from /proc/PID/status (proc(5)).</summary>
/// <param name="Peak">VmHWM: the most that was ever resident, as the kernel saw it.</param>
/// <param name="Current">VmRSS.</param>
/// <param name="Anonymous">RssAnon: heap, stacks and staging pages, without the program's files.</param>
internal sealed record ResidentMemory(long Peak, long Current, long Anonymous)
{
    public static ResidentMemory Of(int processId)
    {
        string[] lines = File.ReadAllLines($"/proc/{processId}/status");
        return new ResidentMemory(Find(lines, "VmHWM:"), Find(lines, "VmRSS:"), Find(lines, "RssAnon:"));
    }

    private static long Find(string[] lines, string key)
    {
        string line = lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"/proc/PID/status has no {key}");
        ReadOnlySpan<char> kilobytes = line.AsSpan(key.Length).Trim()[..^" kB".Length];
        return long.Parse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture) * 1024;
    }
}
