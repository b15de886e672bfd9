using Microsoft.Win32.SafeHandles;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Underlay;

/// <summary>One opening of a file or folder of the underlay.</summary>
internal sealed class OpenUnderlayItem(string fullPath, SafeFileHandle? file) : OpenItem
{
    private const ulong AllocationUnit = 4096;

    private IReadOnlyList<ListedItem>? _entries;

    /// <summary>Where it is on the local disk.</summary>
    public string FullPath { get; set; } = fullPath;

    public bool IsFolder => file is null;

    public override FileInformation Information
    {
        get
        {
            if (file is null)
                return Describe(new DirectoryInfo(FullPath));
            FileInformation described = Describe(new FileInfo(FullPath));
            described.FileSize = (ulong)RandomAccess.GetLength(file);
            described.AllocationSize = RoundUp(described.FileSize);
            return described;
        }
    }

    private SafeFileHandle File => file ?? throw new UnauthorizedAccessException($"{FullPath} is a folder");

    /// <summary>How a file or folder is described to the driver.</summary>
    public static FileInformation Describe(FileSystemInfo entry)
    {
        ulong length = entry is FileInfo { Exists: true } found ? (ulong)found.Length : 0;
        return new FileInformation
        {
            Attributes = entry.Exists ? entry.Attributes : FileAttributes.Normal,
            FileSize = length,
            AllocationSize = RoundUp(length),
            CreationTime = TimeOf(entry.CreationTimeUtc),
            LastAccessTime = TimeOf(entry.LastAccessTimeUtc),
            LastWriteTime = TimeOf(entry.LastWriteTimeUtc),
            ChangeTime = TimeOf(entry.LastWriteTimeUtc),
        };
    }

    public NtStatus Read(in ReadRequest request, out uint transferred)
    {
        int count = RandomAccess.Read(File, request.Buffer, (long)request.Offset);
        transferred = (uint)count;
        return count == 0 && request.Length > 0 ? NtStatus.EndOfFile : NtStatus.Success;
    }

    public NtStatus Write(in WriteRequest request, out uint transferred, out FileInformation information)
    {
        long length = RandomAccess.GetLength(File);
        long offset = request.IsAppend ? length : (long)request.Offset;
        ReadOnlySpan<byte> data = request.Data;
        if (request.IsConstrained)
            data = data[..(int)Math.Clamp(length - offset, 0, data.Length)];
        RandomAccess.Write(File, data, offset);
        transferred = (uint)data.Length;
        information = Information;
        return NtStatus.Success;
    }

    public void Flush()
    {
        if (file is { IsClosed: false })
            RandomAccess.FlushToDisk(file);
    }

    public void SetSize(long length) => RandomAccess.SetLength(File, length);

    public void SetBasicInformation(in BasicInformation change)
    {
        if (change.Attributes is { } attributes && attributes != default)
            System.IO.File.SetAttributes(FullPath, attributes);
        if (change.CreationTime != 0)
            System.IO.File.SetCreationTimeUtc(FullPath, DateTime.FromFileTimeUtc((long)change.CreationTime));
        if (change.LastAccessTime != 0)
            System.IO.File.SetLastAccessTimeUtc(FullPath, DateTime.FromFileTimeUtc((long)change.LastAccessTime));
        if (change.LastWriteTime != 0)
            System.IO.File.SetLastWriteTimeUtc(FullPath, DateTime.FromFileTimeUtc((long)change.LastWriteTime));
    }

    public NtStatus CanDelete() =>
        IsFolder && Directory.EnumerateFileSystemEntries(FullPath).Any() ? NtStatus.DirectoryNotEmpty : NtStatus.Success;

    /// <summary>The last handle is closed: the file is, too, and deleted where that was asked for.</summary>
    public void Cleanup(bool isDelete)
    {
        if (!isDelete)
            return;
        if (IsFolder)
            Directory.Delete(FullPath);
        else
            System.IO.File.Delete(FullPath);
    }

    public NtStatus ReadDirectory(in ReadDirectoryRequest request, out uint transferred)
    {
        ListingWriter writer = request.CreateWriter();
        transferred = 0;
        if (!IsFolder)
            return NtStatus.NotADirectory;
        string? marker = request.Marker;
        if (marker is null || _entries is null)
        {
            var own = new ListedItem(".", Information);
            var parent = new ListedItem("..", Describe(new DirectoryInfo(Path.GetDirectoryName(FullPath)!)));
            _entries = [own, parent, .. UnderlayFolder.List(FullPath)];
        }

        foreach (ListedItem entry in _entries.Skip(marker is null ? 0 : PositionBehind(_entries, marker)))
        {
            if (!writer.TryAdd(entry.Name, entry.Information))
            {
                transferred = writer.Transferred;
                return NtStatus.Success;
            }
        }

        writer.End();
        transferred = writer.Transferred;
        return NtStatus.Success;
    }

    public override void Dispose() => file?.Dispose();

    /// <summary>Behind the entry of that name; where it is gone, behind those that come before it. The first two are "." and "..".</summary>
    private static int PositionBehind(IReadOnlyList<ListedItem> entries, string marker)
    {
        const int Dots = 2;
        for (int i = 0; i < Dots; i++)
        {
            if (entries[i].Name == marker)
                return i + 1;
        }

        return Dots + entries.Skip(Dots).TakeWhile(entry => StringComparer.OrdinalIgnoreCase.Compare(entry.Name, marker) <= 0).Count();
    }

    private static ulong RoundUp(ulong length) => (length + AllocationUnit - 1) / AllocationUnit * AllocationUnit;

    private static ulong TimeOf(DateTime utc) => utc.Year < 1601 ? 0 : (ulong)utc.ToFileTimeUtc();
}
