using System.Runtime.Versioning;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>Adapter against a WinFsp stub under Wine: deleting, which Windows does when the last handle is closed.</summary>
[SupportedOSPlatform("windows")]
public sealed class DeleteTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_closing_deletes_the_object(bool deleteOnClose)
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName(), path = StorageVolume.PathOf(name);
        volume.StoreAttachment(name, [1, 2, 3]);
        StubFile other = volume.Open(path);
        StubFile file = StubFile.Open(volume.MountPoint, path, Disposition.Open, Access.Delete, deleteOnClose: deleteOnClose);
        if (!deleteOnClose)
            file.MarkDeleted();
        file.Dispose();
        Assert.Equal([1, 2, 3], other.ReadAll());
        Assert.Equal(NtStatus.DeletePending, Assert.Throws<StubException>(() => volume.Open(path)).Status);
        Assert.Equal(1, await volume.CountObjectsAsync());

        other.Dispose();

        Assert.Equal(NtStatus.ObjectNameNotFound, Assert.Throws<StubException>(() => volume.Open(path)).Status);
        await volume.DeletedAsync();
        Assert.Equal(0, await volume.CountObjectsAsync());
        volume.StoreAttachment(name, [4]);
        Assert.Equal([4], volume.Read(name));
    }

    [Fact]
    public async Task A_delete_that_the_bucket_does_not_confirm_is_remembered()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName(), path = StorageVolume.PathOf(name);
        volume.StoreAttachment(name, [1]);
        volume.Faults.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.Network), times: 1);
        using (StubFile file = volume.Open(path, Access.Delete))
            file.MarkDeleted();
        Assert.Equal(NtStatus.ObjectNameNotFound, Assert.Throws<StubException>(() => volume.Open(path)).Status);
        await volume.DeletedAsync();
        Assert.Equal(0, await volume.CountObjectsAsync());
    }

    [Fact]
    public async Task What_is_deleted_while_it_is_written_never_was()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string path = StorageVolume.PathOf(StorageVolume.NewName());
        using (StubFile file = StubFile.Open(volume.MountPoint, path, Disposition.CreateAlways, Access.Write | Access.Delete, deleteOnClose: true))
            file.Write([1, 2, 3], 0);
        Assert.Equal(NtStatus.ObjectNameNotFound, Assert.Throws<StubException>(() => volume.Open(path)).Status);
        Assert.Equal(0, await volume.CountObjectsAsync());
        Assert.Equal(0, volume.Faults.Count(BucketOperation.Put));
    }

    [Fact]
    public async Task An_attachment_can_be_deleted_while_the_bucket_does_not_answer_for_it()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName(), path = StorageVolume.PathOf(name);
        volume.StoreAttachment(name, [1]);
        await volume.EvictAsync();
        volume.Faults.Inject(BucketOperation.Get, Fault.Fail(BucketErrorKind.Network));
        Assert.Equal(NtStatus.IoDeviceError, Assert.Throws<StubException>(() => volume.Open(path)).Status);
        using (StubFile file = volume.Open(path, Access.Delete))
            file.MarkDeleted();
        volume.Faults.Heal();
        await volume.DeletedAsync();
        Assert.Equal(0, await volume.CountObjectsAsync());
    }

    [Fact]
    public async Task Hash_folders_are_removed_when_they_are_empty_and_are_there_again()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        string folder = $@"\{name[..2]}\{name[2..4]}";
        volume.StoreAttachment(name, [1]);
        using (StubFile opened = StubFile.Open(volume.MountPoint, folder, Disposition.Open, Access.Read | Access.Delete, isFolder: true))
        {
            Assert.Contains(opened.List(), entry => entry.Name == name);
            Assert.Equal(NtStatus.DirectoryNotEmpty, Assert.Throws<StubException>(opened.MarkDeleted).Status);
        }

        using (StubFile file = volume.Open(StorageVolume.PathOf(name), Access.Delete))
            file.MarkDeleted();
        using (StubFile opened = StubFile.Open(volume.MountPoint, folder, Disposition.Open, Access.Read | Access.Delete, isFolder: true))
            opened.MarkDeleted();
        using StubFile again = StubFile.Open(volume.MountPoint, folder, Disposition.Open, Access.Read, isFolder: true);
        Assert.Equal(FileAttributes.Directory, again.OpenedAs.Attributes);
    }
}
