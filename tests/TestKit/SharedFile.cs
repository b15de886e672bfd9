namespace OrthancCloudFs.TestKit;

/// <summary>Files that the program has open.</summary>
public static class SharedFile
{
    /// <summary>What is in a file that somebody else writes; on Windows the other methods of .NET want it closed.</summary>
    public static byte[] ReadAllBytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
