using System.Globalization;

namespace OrthancCloudFs.EndToEnd.Tests.Support;

/// <summary>What Linux shows of the program behind a mount.</summary>
internal sealed class MountProcess(int id)
{
    public int Id => id;

    public static async Task<MountProcess> OfAsync(Site site) => new((await site.StatusAsync()).ProcessId);

    /// <summary>The values of a field of <c>/proc/PID/status</c> in all threads, each once; see proc_pid_status(5).</summary>
    public IReadOnlyCollection<string> InAllThreads(string field)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (string thread in Directory.EnumerateDirectories($"/proc/{id}/task"))
        {
            try
            {
                string line = File.ReadLines(Path.Combine(thread, "status")).First(text => text.StartsWith(field + ':', StringComparison.Ordinal));
                values.Add(line[(field.Length + 1)..].Trim());
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // The thread has just ended.
            }
        }

        return values;
    }

    /// <summary>What the process and all that it started show of themselves: command line and environment.</summary>
    public IReadOnlyList<string> CommandLinesAndEnvironments() =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(IsOursOrChild)
            .SelectMany(folder => new[] { Path.Combine(folder, "cmdline"), Path.Combine(folder, "environ") })
            .Select(File.ReadAllText),
    ];

    /// <summary>How often bytes occur in the writable memory of the process, in locked memory that is in no dump, and elsewhere.</summary>
    public (int InLockedMemory, int Elsewhere) CountInMemory(ReadOnlySpan<byte> wanted)
    {
        const int Piece = 1 << 20;
        (int locked, int elsewhere) = (0, 0);
        using FileStream memory = new($"/proc/{id}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] buffer = new byte[Piece + wanted.Length - 1];
        foreach ((long start, long end, bool isLocked) in WritableMappings())
        {
            for (long at = start; at < end; at += Piece)
            {
                int length = ReadAt(memory, at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)));
                for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, length); rest.IndexOf(wanted) is var found and >= 0; rest = rest[(found + 1)..])
                    _ = isLocked ? locked++ : elsewhere++;
            }
        }

        return (locked, elsewhere);
    }

    private bool IsOursOrChild(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int process))
            return false;
        try
        {
            string stat = File.ReadAllText(Path.Combine(folder, "stat"));
            string parent = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            return process == id || parent == id.ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    }

    private IEnumerable<(long Start, long End, bool IsLocked)> WritableMappings()
    {
        (long start, long end, bool isWritable) = (0, 0, false);
        foreach (string line in File.ReadAllLines($"/proc/{id}/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Split('-') is [var first, var last])
            {
                start = long.Parse(first, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                end = long.Parse(last, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                isWritable = words[1].StartsWith("rw", StringComparison.Ordinal);
            }
            else if (words[0] == "VmFlags:" && isWritable)
            {
                string flags = line + ' ';
                yield return (start, end, flags.Contains(" lo ", StringComparison.Ordinal) && flags.Contains(" dd ", StringComparison.Ordinal));
            }
        }
    }

    private static int ReadAt(FileStream memory, long address, Span<byte> into)
    {
        int length = 0;
        try
        {
            while (length < into.Length && RandomAccess.Read(memory.SafeFileHandle, into[length..], address + length) is var count and > 0)
                length += count;
        }
        catch (IOException)
        {
            // Not backed by memory, such as the end of a mapped file.
        }

        return length;
    }
}
