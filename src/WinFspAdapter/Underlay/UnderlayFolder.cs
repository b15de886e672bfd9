using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Underlay;

/// <summary>The local folder with what is no attachment; paths are the volume's.</summary>
internal sealed class UnderlayFolder(string root)
{
    /// <summary>The attributes of a path.</summary>
    public NtStatus TryGetAttributes(ReadOnlySpan<char> path, out FileAttributes attributes)
    {
        attributes = default;
        var file = new FileInfo(FullPath(path));
        if (!file.Exists && !Directory.Exists(file.FullName))
            return Directory.Exists(Path.GetDirectoryName(file.FullName)) ? NtStatus.ObjectNameNotFound : NtStatus.ObjectPathNotFound;
        attributes = file.Attributes;
        return NtStatus.Success;
    }

    /// <summary>Makes a file or folder that does not exist.</summary>
    public OpenUnderlayItem Create(ReadOnlySpan<char> path, bool isFolder, in OpenParameters parameters)
    {
        string full = FullPath(path);
        if (!isFolder)
            return new OpenUnderlayItem(full, OpenFile(full, FileMode.CreateNew, parameters));
        if (Path.Exists(full))
            throw new IOException($"{full} exists already", unchecked((int)0x800700B7)); // ERROR_ALREADY_EXISTS
        if (!Directory.Exists(Path.GetDirectoryName(full)))
            throw new DirectoryNotFoundException($"{full}: there is no such folder");
        Directory.CreateDirectory(full);
        return new OpenUnderlayItem(full, file: null);
    }

    /// <summary>Opens what exists.</summary>
    public OpenUnderlayItem Open(ReadOnlySpan<char> path, in OpenParameters parameters)
    {
        string full = FullPath(path);
        return Directory.Exists(full)
            ? new OpenUnderlayItem(full, file: null)
            : new OpenUnderlayItem(full, OpenFile(full, FileMode.Open, parameters));
    }

    /// <summary>Gives something another name within the underlay.</summary>
    public void Rename(OpenUnderlayItem item, ReadOnlySpan<char> newPath, bool replaceIfExists)
    {
        string full = FullPath(newPath);
        if (item.IsFolder)
            Directory.Move(item.FullPath, full);
        else
            File.Move(item.FullPath, full, replaceIfExists);
        item.FullPath = full;
    }

    /// <summary>What a folder holds, in order of the names; "." and ".." not included.</summary>
    public IEnumerable<ListedItem> List(ReadOnlySpan<char> path) => List(FullPath(path));

    internal static IEnumerable<ListedItem> List(string folder) => new DirectoryInfo(folder)
        .EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None })
        .OrderBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase)
        .Select(entry => new ListedItem(entry.Name, OpenUnderlayItem.Describe(entry)));

    private static Microsoft.Win32.SafeHandles.SafeFileHandle OpenFile(string path, FileMode mode, in OpenParameters parameters)
    {
        // Who may open beside whom is the driver's to decide.
        FileAccess access = parameters.MayWrite ? FileAccess.ReadWrite : FileAccess.Read;
        return File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>A path of the volume never leads out of the underlay: Windows has taken "." and ".." away before the driver sees it.</summary>
    private string FullPath(ReadOnlySpan<char> path)
    {
        string relative = path.TrimStart('\\').ToString();
        if (relative.Split('\\').Any(name => name is "." or ".."))
            throw new IOException($"{relative} is no name", unchecked((int)0x8007007B)); // ERROR_INVALID_NAME
        return Path.Combine(root, Path.DirectorySeparatorChar == '\\' ? relative : relative.Replace('\\', Path.DirectorySeparatorChar));
    }
}
