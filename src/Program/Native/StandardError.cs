namespace OrthancCloudFs.Program.Native;

/// <summary>Standard error of this process, where the log goes.</summary>
internal static class StandardError
{
    /// <summary>Sends it to a file, appending; a new one is for its owner only. Before anything was written to it.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static void SendTo(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Libc.SendStandardErrorTo(path);
            return;
        }

        // What writes to it beneath .NET, such as the runtime at its own end, keeps the former one.
        var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        Console.SetError(TextWriter.Synchronized(new StreamWriter(file) { AutoFlush = true }));
    }
}
