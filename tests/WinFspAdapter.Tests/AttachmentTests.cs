using System.Runtime.Versioning;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>Adapter against a WinFsp stub under Wine: attachments are stored, read, and never changed.</summary>
[SupportedOSPlatform("windows")]
public sealed class AttachmentTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(1_000_003)]
    public async Task An_attachment_lives_as_one_encrypted_object(int length)
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(length);

        volume.StoreAttachment(name, content);

        Assert.Equal(1, await volume.CountObjectsAsync());
        byte[] stored = await volume.ObjectAsync(name);
        Assert.Equal(length + volume.Envelope.HeaderLength + volume.Envelope.TrailerLength, stored.Length);
        if (length > 16)
            Assert.Equal(-1, stored.AsSpan().IndexOf(content.AsSpan(0, 16)));
        Assert.Equal(content, volume.Read(name));
        Assert.Equal(content, volume.Read(name.ToUpperInvariant()));
        using StubFile file = volume.Open(StorageVolume.PathOf(name), Access.Attributes);
        Assert.Equal((ulong)length, file.OpenedAs.FileSize);
        Assert.Equal(file.OpenedAs, file.Information);
    }

    [Fact]
    public async Task Nothing_is_visible_before_the_flush_and_all_of_it_after()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(100_000);
        using StubFile file = volume.Create(StorageVolume.PathOf(name));
        file.WriteAll(content);
        Assert.Equal(0, await volume.CountObjectsAsync());
        Assert.Equal(content[5000..6000], file.Read(1000, 5000));
        Assert.Equal(NtStatus.SharingViolation, Assert.Throws<StubException>(() => volume.Open(StorageVolume.PathOf(name))).Status);

        file.Flush();

        Assert.Equal(1, await volume.CountObjectsAsync());
        Assert.Equal(content, volume.Read(name));
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => file.Write([1], 0)).Status);
    }

    [Fact]
    public async Task Ranges_come_back_from_where_they_are()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(300_000);
        volume.StoreAttachment(name, content);
        using StubFile file = volume.Open(StorageVolume.PathOf(name));
        Assert.Equal(content[299_000..], file.Read(4096, 299_000));
        Assert.Equal(content[16_000..20_000], file.Read(4000, 16_000));
        Assert.Empty(file.Read(1, 300_000));
        Assert.Empty(file.Read(1, 1_000_000));
    }

    [Fact]
    public async Task A_size_that_is_announced_first_and_blocks_in_any_order_make_the_same_file()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(20_000);
        using (StubFile file = volume.Create(StorageVolume.PathOf(name)))
        {
            file.SetSize(1 << 20, isAllocationSize: true);
            file.SetSize(content.Length);
            file.Write(content.AsSpan(8192), 8192);
            Assert.Equal(20_000 - 16_384, file.Write(new byte[4096].AsSpan(), 16_384, constrained: true));
            file.Write(content.AsSpan(16_384), 16_384);
            file.Write(content.AsSpan(0, 8192), 0);
            file.Flush();
        }

        Assert.Equal(content, volume.Read(name));
    }

    [Fact]
    public async Task Appending_goes_to_the_end()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        using (StubFile file = volume.Create(StorageVolume.PathOf(name)))
        {
            file.Append([1, 2]);
            file.Append([3]);
            file.Flush();
        }

        Assert.Equal([1, 2, 3], volume.Read(name));
    }

    [Fact]
    public async Task A_hole_is_refused_at_the_flush()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        using StubFile file = volume.Create(StorageVolume.PathOf(StorageVolume.NewName()));
        file.Write([1], 10_000);
        Assert.Equal(NtStatus.IoDeviceError, Assert.Throws<StubException>(file.Flush).Status);
        Assert.Equal(0, await volume.CountObjectsAsync());
    }

    [Fact]
    public async Task What_exists_is_never_changed()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName(), path = StorageVolume.PathOf(name);
        volume.StoreAttachment(name, [1, 2, 3]);
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => volume.Open(path, Access.Write)).Status);
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => volume.Open(path, Access.Write, Disposition.CreateAlways)).Status);
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => volume.Open(path, Access.Attributes, Disposition.Overwrite)).Status);
        using (StubFile file = volume.Open(path, Access.Attributes | Access.Delete))
        {
            Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => file.SetSize(1)).Status);
            Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(() => file.Rename(StorageVolume.PathOf(StorageVolume.NewName()))).Status);
            Assert.Equal(NtStatus.NotSameDevice, Assert.Throws<StubException>(() => file.Rename(@"\elsewhere")).Status);
            file.SetSize(3);
            FileInformation after = file.SetLastWriteTime(DateTimeOffset.UnixEpoch);
            Assert.Equal(file.OpenedAs.LastWriteTime, after.LastWriteTime);
        }

        Assert.Equal([1, 2, 3], volume.Read(name));
    }

    [Fact]
    public async Task An_object_that_does_not_authenticate_is_refused_when_it_is_opened()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        volume.StoreAttachment(name, StorageVolume.Bytes(50_000));
        byte[] stored = await volume.ObjectAsync(name);
        stored[30_000] ^= 1;
        string key = (await volume.Objects.ListAsync("", null, null, 10, default)).Objects[0].Key;
        await volume.Objects.DeleteAsync(key, default);
        await volume.Objects.PutAsync(key, new BytesSource(stored), new PutOptions(false), default);
        await volume.EvictAsync();
        Assert.Equal(NtStatus.CrcError, Assert.Throws<StubException>(() => volume.Open(StorageVolume.PathOf(name))).Status);
    }

    [Fact]
    public async Task A_file_larger_than_the_memory_passes_through_it()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { StagingBytes = 16 << 20 });
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(40_000_000);
        using (StubFile file = volume.Create(StorageVolume.PathOf(name)))
        {
            file.WriteAll(content, block: 64 * 1024);
            file.Flush();
        }

        using StubFile read = volume.Open(StorageVolume.PathOf(name));
        Assert.Equal(content, read.ReadAll(block: 1 << 20));
        Assert.True(StubDriver.StubDeferred(volume.MountPoint) > 0, "such reads are answered later");
    }

    [Fact]
    public async Task A_volume_that_is_read_only_refuses_every_change()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { ReadOnly = true });
        Assert.Equal(NtStatus.MediaWriteProtected, Assert.Throws<StubException>(() => volume.Create(StorageVolume.PathOf(StorageVolume.NewName()))).Status);
        Assert.Equal(NtStatus.MediaWriteProtected, Assert.Throws<StubException>(() => volume.Create(@"\index")).Status);
        using StubFile folder = StubFile.Open(volume.MountPoint, @"\aa", Disposition.Open, Access.Delete, isFolder: true);
        Assert.Equal(NtStatus.MediaWriteProtected, Assert.Throws<StubException>(folder.MarkDeleted).Status);
    }
}
