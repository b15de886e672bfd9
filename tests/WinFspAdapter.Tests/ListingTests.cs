using System.Runtime.Versioning;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>Adapter against a WinFsp stub under Wine: listings, in buffers of any size, and names that are none.</summary>
[SupportedOSPlatform("windows")]
public sealed class ListingTests
{
    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(200)]
    [InlineData(777)]
    public async Task Every_entry_is_listed_once_whatever_the_buffer(int bufferLength)
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string[] names = [.. Enumerable.Range(0, 30).Select(i => $"ab12{Guid.NewGuid().ToString()[4..]}").Order(StringComparer.Ordinal)];
        foreach (string name in names)
            volume.StoreAttachment(name, [1, 2]);
        using StubFile folder = StubFile.Open(volume.MountPoint, @"\AB\12", Disposition.Open, Access.Read, isFolder: true);

        List<(string Name, FileInformation Information)> listed = folder.List(bufferLength);

        Assert.Equal([".", "..", .. names], listed.Select(entry => entry.Name), StringComparer.Ordinal);
        Assert.All(listed.Skip(2), entry => Assert.Equal((2UL, FileAttributes.Normal), (entry.Information.FileSize, entry.Information.Attributes)));
        Assert.Equal(names[11..], folder.List(marker: names[10]).Select(entry => entry.Name), StringComparer.Ordinal);
        string between = names[20][..35] + "\uffff";
        Assert.Equal(names[21..], folder.List(marker: between).Select(entry => entry.Name), StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_root_shows_the_underlay_and_the_hash_folders()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        File.WriteAllText(Path.Combine(volume.UnderlayDirectory, "index"), "sqlite");
        Directory.CreateDirectory(Path.Combine(volume.UnderlayDirectory, "folder"));
        Directory.CreateDirectory(Path.Combine(volume.UnderlayDirectory, "c0")); // a hash folder of the underlay is hidden
        volume.StoreAttachment($"aa00{Guid.NewGuid().ToString()[4..]}", [1]);
        using StubFile root = StubFile.Open(volume.MountPoint, @"\", Disposition.Open, Access.Read, isFolder: true);
        Assert.Equal(["folder", "index", "aa"], root.List().Select(entry => entry.Name), StringComparer.Ordinal);
        using StubFile first = StubFile.Open(volume.MountPoint, @"\aa", Disposition.Open, Access.Read, isFolder: true);
        Assert.Equal([".", "..", "00"], first.List().Select(entry => entry.Name), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(@"\ab\cd\not-a-uuid")]
    [InlineData(@"\ab\xyz")]
    [InlineData(@"\ab\cd\00000000-0000-0000-0000-000000000000")] // filed elsewhere
    public async Task Other_names_below_hash_folders_do_not_exist_and_cannot(string path)
    {
        await using StorageVolume volume = StorageVolume.Mount();
        Assert.Equal(NtStatus.ObjectNameNotFound, Assert.Throws<StubException>(() => volume.Open(path)).Status);
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => volume.Create(path)).Status);
        Assert.Empty(volume.Faults.Calls);
    }

    [Fact]
    public async Task Hash_folders_exist_without_a_request()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        using StubFile folder = StubFile.Open(volume.MountPoint, @"\7F\e0", Disposition.OpenOrCreate, Access.Attributes, isFolder: true);
        Assert.Equal(NtStatus.NotADirectory, Assert.Throws<StubException>(() =>
        {
            volume.StoreAttachment("7fe00000-0000-4000-8000-000000000000", [1]);
            StubFile.Open(volume.MountPoint, StorageVolume.PathOf("7fe00000-0000-4000-8000-000000000000"), Disposition.Open, Access.Attributes, isFolder: true);
        }).Status);
        Assert.Equal(FileAttributes.Directory, folder.Information.Attributes);
    }
}
