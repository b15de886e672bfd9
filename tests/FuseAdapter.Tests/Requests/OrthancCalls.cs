namespace OrthancCloudFs.FuseAdapter.Tests.Requests;

/// <summary>
/// The sequences of system calls that a stock Orthanc makes, as seen by tracing it: <c>FilesystemStorage</c> and <c>SystemToolbox</c>.
/// </summary>
public static class OrthancCalls
{
    /// <summary>Stores an attachment; <c>fdatasync</c> depends on Orthanc's <c>SyncStorageArea</c>.</summary>
    public static IEnumerable<string> Store(string path, int size, string seed = "1", bool syncStorageArea = true)
    {
        yield return $"stat {path}";
        yield return $"stat {Path.GetDirectoryName(path)}";
        yield return $"open f {path} O_WRONLY|O_CREAT|O_TRUNC";
        yield return $"write f {size} {seed}";
        if (syncStorageArea)
            yield return "fdatasync f";
        yield return "close f";
    }

    /// <summary>Reads a whole attachment.</summary>
    public static IEnumerable<string> Read(string path) => [$"stat {path}", $"open f {path} O_RDONLY", "end f", "read f 0 -", "close f"];

    /// <summary>Reads a part of an attachment.</summary>
    public static IEnumerable<string> ReadRange(string path, int start, int end) =>
        [$"stat {path}", $"open f {path} O_RDONLY", "end f", $"read f {start} {end}", "close f"];

    /// <summary>Deletes an attachment. Orthanc ignores every error.</summary>
    public static IEnumerable<string> Delete(string path) =>
        [$"unlink {path}", $"rmdir {Path.GetDirectoryName(path)}", $"rmdir {Path.GetDirectoryName(Path.GetDirectoryName(path))}"];
}
