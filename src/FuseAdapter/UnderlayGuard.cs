using System.Text;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>
/// Keeps Orthanc from filling the local directory in plain while the mount is away: a small file in the place of each hash folder makes
/// its <c>mkdir</c> fail, and with it the store. Under the mount these files are hidden by the tree.
/// </summary>
public static class UnderlayGuard
{
    private const string Text = """
        This file keeps Orthanc from storing images here while the cloud mount is away.
        Mount with "orthanc-cloudfs mount", or delete the files 00 to ff to use this folder without it.

        """;

    /// <summary>Hash folders that lie in the directory: attachments that the mount would hide.</summary>
    public static int CountHashDirectories(string directory) =>
        Directory.EnumerateDirectories(directory).Count(path => IsGuarded(Path.GetFileName(path)));

    /// <summary>Places the missing files; folders that exist are left alone.</summary>
    public static void Place(string directory)
    {
        byte[] content = Encoding.UTF8.GetBytes(Text);
        for (int i = 0; i < 256; i++)
        {
            string path = Path.Combine(directory, i.ToString("x2"));
            if (!Path.Exists(path))
                File.WriteAllBytes(path, content);
        }
    }

    /// <summary>Removes the files that <see cref="Place"/> left, for a directory that attachments are stored in.</summary>
    public static void Remove(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory).Where(path => IsGuarded(Path.GetFileName(path))))
        {
            if (new FileInfo(path).Length == Encoding.UTF8.GetByteCount(Text) && File.ReadAllText(path) == Text)
                File.Delete(path);
        }
    }

    private static bool IsGuarded(string name) => StorageFileSystem.IsHashDirectoryName(Encoding.UTF8.GetBytes(name));
}
