using OrthancCloudFs.Buckets.Local;

namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>Small files that are complete or absent after a crash, and readable by their owner only.</summary>
internal static class DurableFile
{
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            DirectorySync.FlushFile(file.SafeFileHandle, temporary);
        }

        File.Move(temporary, path, overwrite: true);
        DirectorySync.Flush(Path.GetDirectoryName(path)!);
    }

    public static void Delete(string path) => File.Delete(path);

    /// <summary>Returns when not even a crash brings the file back.</summary>
    public static void DeleteDurably(string path)
    {
        File.Delete(path);
        DirectorySync.Flush(Path.GetDirectoryName(path)!);
    }
}
