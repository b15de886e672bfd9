using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests.Stub;

/// <summary>NtCreateFile's dispositions.</summary>
internal enum Disposition : uint
{
    Open = 1,
    Create = 2,
    OpenOrCreate = 3,
    Overwrite = 4,
    CreateAlways = 5,
}

/// <summary>The access rights that tests ask for.</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "MA0062", Justification = "Windows' generic rights are made of bits that have no names here.")]
internal enum Access : uint
{
    None = 0,
    Read = 0x0012_0089, // FILE_GENERIC_READ
    Write = 0x0012_0116, // FILE_GENERIC_WRITE
    Delete = 0x0001_0000,
    Attributes = 0x0000_0080, // FILE_READ_ATTRIBUTES
}

/// <summary>An operation that the driver answered with a failure.</summary>
internal sealed class StubException(NtStatus status, string what) : Exception($"{what}: {status}")
{
    public NtStatus Status => status;
}

/// <summary>A file or folder as a program has it open.</summary>
internal sealed unsafe class StubFile : IDisposable
{
    private const uint ShareAll = 7;
    private const uint FolderOption = 0x1;
    private const uint DeleteOption = 0x1000;

    private readonly string _path;
    private nint _opening;
    private bool _isCleaned;

    private StubFile(string path, nint opening, FileInformation information) => (_path, _opening, OpenedAs) = (path, opening, information);

    /// <summary>What it was when it was opened.</summary>
    public FileInformation OpenedAs { get; }

    public FileInformation Information
    {
        get
        {
            FileInformation information;
            Require(StubDriver.StubGetInfo(_opening, &information), "information");
            return information;
        }
    }

    public static StubFile Open(
        string mountPoint, string path, Disposition disposition, Access access, uint share = ShareAll, bool isFolder = false, bool deleteOnClose = false)
    {
        nint opening;
        FileInformation information;
        uint options = (isFolder ? FolderOption : 0) | (deleteOnClose ? DeleteOption : 0);
        NtStatus status = StubDriver.StubOpen(mountPoint, path, (uint)disposition, options, (uint)access, share, &opening, &information);
        if (status != NtStatus.Success)
            throw new StubException(status, $"{disposition} {path}");
        return new StubFile(path, opening, information);
    }

    /// <summary>Empty at the end of the file.</summary>
    public byte[] Read(int length, long offset)
    {
        byte[] buffer = new byte[length];
        return buffer[..ReadInto(buffer, offset)];
    }

    /// <summary>0 at the end of the file.</summary>
    public int ReadInto(Span<byte> buffer, long offset)
    {
        uint transferred;
        fixed (byte* into = buffer)
        {
            NtStatus status = StubDriver.StubRead(_opening, into, (uint)buffer.Length, (ulong)offset, &transferred);
            if (status == NtStatus.EndOfFile)
                return 0;
            Require(status, "read");
        }

        return (int)transferred;
    }

    /// <summary>In blocks, as the cache manager and many programs do.</summary>
    public byte[] ReadAll(int block = 64 * 1024)
    {
        using var all = new MemoryStream();
        while (Read(block, all.Length) is { Length: > 0 } part)
            all.Write(part);
        return all.ToArray();
    }

    public int Write(ReadOnlySpan<byte> data, long offset, bool constrained = false)
    {
        uint transferred;
        FileInformation information;
        fixed (byte* from = data)
            Require(StubDriver.StubWrite(_opening, from, (uint)data.Length, (ulong)offset, constrained ? 1 : 0, &transferred, &information), "write");
        return (int)transferred;
    }

    public void WriteAll(ReadOnlySpan<byte> content, int block = 4096, int from = 0)
    {
        for (int offset = from; offset < content.Length; offset += block)
            Write(content[offset..Math.Min(offset + block, content.Length)], offset);
    }

    public void Append(ReadOnlySpan<byte> data) => Write(data, -1);

    public void Flush() => Require(StubDriver.StubFlush(_opening), "flush");

    public void SetSize(long size, bool isAllocationSize = false)
    {
        FileInformation information;
        Require(StubDriver.StubSetSize(_opening, (ulong)size, isAllocationSize ? 1 : 0, &information), "size");
    }

    public FileInformation SetLastWriteTime(DateTimeOffset time)
    {
        FileInformation information;
        Require(StubDriver.StubSetTimes(_opening, (ulong)time.ToFileTime(), &information), "times");
        return information;
    }

    /// <summary>DeleteFile and RemoveDirectory: done when the last handle is closed.</summary>
    public void MarkDeleted() => Require(StubDriver.StubDelete(_opening), "delete");

    public void Rename(string newPath, bool replace = false) => Require(StubDriver.StubRename(_opening, newPath, replace ? 1 : 0), "rename");

    public byte[] GetSecurity()
    {
        uint needed;
        byte[] small = new byte[4];
        fixed (byte* into = small)
            Assert.Equal(NtStatus.BufferOverflow, StubDriver.StubGetSecurity(_opening, into, (uint)small.Length, &needed));
        byte[] buffer = new byte[needed];
        fixed (byte* into = buffer)
            Require(StubDriver.StubGetSecurity(_opening, into, needed, &needed), "security");
        return buffer;
    }

    /// <summary>All entries, in buffers of that size: each goes on behind the last name of the one before.</summary>
    public List<(string Name, FileInformation Information)> List(int bufferLength = 64 * 1024, string? marker = null)
    {
        List<(string Name, FileInformation Information)> all = [];
        while (ListOnce(bufferLength, marker, all))
            marker = all[^1].Name;
        return all;
    }

    /// <summary>CloseHandle: whatever goes wrong, nobody is told.</summary>
    public void Cleanup()
    {
        if (!_isCleaned)
            StubDriver.StubCleanup(_opening);
        _isCleaned = true;
    }

    /// <summary>After the volume is gone.</summary>
    public void Forget()
    {
        StubDriver.StubForget(_opening);
        _opening = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_opening == 0)
            return;
        Cleanup();
        StubDriver.StubClose(_opening);
        _opening = 0;
    }

    /// <summary>False when nothing follows.</summary>
    private bool ListOnce(int bufferLength, string? marker, List<(string Name, FileInformation Information)> all)
    {
        const int NameOffset = 104, InformationOffset = 8;
        byte[] buffer = new byte[bufferLength];
        uint transferred;
        fixed (byte* into = buffer)
            Require(StubDriver.StubReadDirectory(_opening, into, (uint)bufferLength, marker, &transferred), "list");
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)transferred);
        bool isEmpty = true;
        while (rest.Length >= 2)
        {
            int size = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (size == 0)
                return false;
            all.Add((Encoding.Unicode.GetString(rest[NameOffset..size]), MemoryMarshal.Read<FileInformation>(rest[InformationOffset..])));
            rest = rest[Math.Min((size + 7) & ~7, rest.Length)..];
            isEmpty = false;
        }

        Assert.False(isEmpty, "neither an entry nor the end");
        return true;
    }

    private void Require(NtStatus status, string what)
    {
        if (status != NtStatus.Success)
            throw new StubException(status, $"{what} {_path}");
    }
}
