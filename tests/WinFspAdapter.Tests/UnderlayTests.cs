using System.Runtime.Versioning;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>Adapter against a WinFsp stub under Wine: what is no attachment is a file of the underlay, with everything that files can do.</summary>
[SupportedOSPlatform("windows")]
public sealed class UnderlayTests
{
    private const uint ShareNothing = 0;

    [Fact]
    public async Task A_file_of_the_root_is_written_changed_renamed_and_deleted()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string local = Path.Combine(volume.UnderlayDirectory, "index");
        using (StubFile file = volume.Create(@"\index"))
        {
            file.WriteAll(StorageVolume.Bytes(10_000));
            file.Write([9, 9], 5);
            file.Append([7]);
            file.SetSize(5000);
            file.Flush();
            Assert.Equal(5000UL, file.Information.FileSize);
        }

        byte[] expected = StorageVolume.Bytes(10_000)[..5000];
        (expected[5], expected[6]) = (9, 9);
        Assert.Equal(expected, File.ReadAllBytes(local));
        using (StubFile file = volume.Open(@"\INDEX", Access.Read | Access.Delete))
        {
            Assert.Equal(expected, file.ReadAll(block: 1000));
            file.Rename(@"\index-old");
        }

        Assert.False(File.Exists(local));
        Assert.Equal(expected, File.ReadAllBytes(local + "-old"));
        using (StubFile file = volume.Open(@"\index-old", Access.Delete))
            file.MarkDeleted();
        Assert.Empty(Directory.EnumerateFileSystemEntries(volume.UnderlayDirectory));
        Assert.Empty(volume.Faults.Calls);
    }

    [Fact]
    public async Task Overwriting_empties_a_file_first()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        File.WriteAllText(Path.Combine(volume.UnderlayDirectory, "settings"), "long content");
        using (StubFile file = volume.Create(@"\settings"))
            file.Write("new"u8, 0);
        Assert.Equal("new", File.ReadAllText(Path.Combine(volume.UnderlayDirectory, "settings")));
    }

    [Fact]
    public async Task Folders_are_made_listed_and_removed_only_when_empty()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        StubFile.Open(volume.MountPoint, @"\work", Disposition.Create, Access.Attributes, isFolder: true).Dispose();
        Assert.Equal(
            NtStatus.ObjectNameCollision,
            Assert.Throws<StubException>(() => StubFile.Open(volume.MountPoint, @"\work", Disposition.Create, Access.Attributes, isFolder: true)).Status);
        foreach (string name in new[] { "-b", "a", "c" })
            volume.Create($@"\work\{name}").Dispose();
        using (StubFile folder = StubFile.Open(volume.MountPoint, @"\work", Disposition.Open, Access.Read | Access.Delete, isFolder: true))
        {
            Assert.Equal([".", "..", "-b", "a", "c"], folder.List(bufferLength: 120).Select(entry => entry.Name), StringComparer.Ordinal);
            Assert.Equal(["c"], folder.List(marker: "a").Select(entry => entry.Name), StringComparer.Ordinal);
            Assert.Equal(NtStatus.DirectoryNotEmpty, Assert.Throws<StubException>(folder.MarkDeleted).Status);
        }

        foreach (string name in new[] { "-b", "a", "c" })
        {
            using StubFile file = volume.Open($@"\work\{name}", Access.Delete);
            file.MarkDeleted();
        }

        using (StubFile folder = StubFile.Open(volume.MountPoint, @"\work", Disposition.Open, Access.Delete, isFolder: true))
            folder.MarkDeleted();
        Assert.Equal(NtStatus.ObjectNameNotFound, Assert.Throws<StubException>(() => volume.Open(@"\work")).Status);
        Assert.Equal(NtStatus.ObjectPathNotFound, Assert.Throws<StubException>(() => volume.Open(@"\work\a")).Status);
    }

    [Fact]
    public async Task Share_modes_are_kept_by_the_driver_for_all_files_alike()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        using (StubFile alone = StubFile.Open(volume.MountPoint, @"\index", Disposition.CreateAlways, Access.Write, ShareNothing))
            Assert.Equal(NtStatus.SharingViolation, Assert.Throws<StubException>(() => volume.Open(@"\index")).Status);
        string name = StorageVolume.NewName();
        volume.StoreAttachment(name, [1]);
        using (StubFile alone = StubFile.Open(volume.MountPoint, StorageVolume.PathOf(name), Disposition.Open, Access.Read, ShareNothing))
            Assert.Equal(NtStatus.SharingViolation, Assert.Throws<StubException>(() => volume.Read(name)).Status);
        Assert.Equal([1], volume.Read(name));
        Assert.Equal(0, volume.FileSystem.OpenItems);
    }

    [Fact]
    public async Task Attributes_and_times_of_files_are_the_disks()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        DateTimeOffset time = new(2020, 2, 2, 2, 2, 2, TimeSpan.Zero);
        using StubFile file = volume.Create(@"\index");
        Assert.Equal((ulong)time.ToFileTime(), file.SetLastWriteTime(time).LastWriteTime);
        Assert.Equal(time.UtcDateTime, File.GetLastWriteTimeUtc(Path.Combine(volume.UnderlayDirectory, "index")));
    }
}
