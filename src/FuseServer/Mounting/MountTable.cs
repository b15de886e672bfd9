using System.Runtime.InteropServices;
using System.Text;
using FuseServer.Interop;

namespace FuseServer.Mounting;

/// <summary>Looks into /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
internal static unsafe class MountTable
{
    /// <summary>The file system type of the topmost mount on a directory, or null when nothing is mounted there.</summary>
    public static string? TypeOf(string mountPoint)
    {
        string? type = null;
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            // 36 35 98:0 /root /mount/point options optional-fields... - type source super-options
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (separator > 4 && separator + 1 < fields.Length && Unescape(fields[4]) == mountPoint)
                type = fields[separator + 1];
        }
        return type;
    }

    /// <summary>An absolute path without links and without asking the mounted file system, which may be dead.</summary>
    public static string Canonicalize(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
            return full;
        if (LinkTarget(full) is { } target)
            return Canonicalize(target);
        byte* resolved = NativeMethods.RealPath(parent, null);
        if (resolved is null)
            return full;
        try
        {
            return Path.Combine(Marshal.PtrToStringUTF8((nint)resolved)!, Path.GetFileName(full));
        }
        finally
        {
            NativeMemory.Free(resolved);
        }
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // a dead mount is no link
        }
    }

    /// <summary>Space, tab, newline and backslash are written as three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        List<byte> bytes = [];
        byte[] raw = Encoding.UTF8.GetBytes(field);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\\' && i + 3 < raw.Length)
            {
                bytes.Add((byte)(((raw[i + 1] - '0') << 6) | ((raw[i + 2] - '0') << 3) | (raw[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add(raw[i]);
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
