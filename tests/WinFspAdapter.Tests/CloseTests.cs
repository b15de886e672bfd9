using System.Runtime.Versioning;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>Adapter against a WinFsp stub under Wine: closing carries no error, so what is closed without a flush is safe on local disk first.</summary>
[SupportedOSPlatform("windows")]
public sealed class CloseTests
{
    [Fact]
    public async Task A_file_that_is_closed_without_a_flush_is_safe_while_the_bucket_is_away()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(200_000);
        volume.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        StubFile file = volume.Create(StorageVolume.PathOf(name));
        file.WriteAll(content);

        file.Cleanup();

        Assert.Equal(1, volume.Journal.Counters.Uploads);
        file.Dispose();
        Assert.Equal(content, volume.Read(name));
        volume.Faults.Heal();
        await volume.UploadedAsync();
        Assert.Equal(1, await volume.CountObjectsAsync());
        await volume.EvictAsync();
        Assert.Equal(content, volume.Read(name));
    }

    [Fact]
    public async Task A_file_larger_than_the_memory_that_is_closed_without_a_flush_is_safe_while_the_bucket_is_away()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { StagingBytes = 16 << 20 });
        string name = StorageVolume.NewName();
        byte[] content = StorageVolume.Bytes(30_000_000);
        StubFile file = volume.Create(StorageVolume.PathOf(name));
        file.WriteAll(content.AsSpan(0, 10_000_000), block: 1 << 16);
        foreach (BucketOperation operation in Enum.GetValues<BucketOperation>())
            volume.Faults.Inject(operation, Fault.Fail(BucketErrorKind.Network));
        file.WriteAll(content, block: 1 << 20, from: 10_000_000);

        file.Dispose();

        Assert.Equal(1, volume.Journal.Counters.Uploads);
        Assert.Equal(content, volume.Read(name));
        volume.Faults.Heal();
        await volume.UploadedAsync();
        await volume.EvictAsync();
        Assert.Equal(content, volume.Read(name));
        await volume.DeletedAsync(); // of the parts of the first upload
        Assert.Equal(1, await volume.CountObjectsAsync());
    }

    [Fact]
    public async Task A_flush_that_fails_says_so_and_closing_does_not_store_it_after_all()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        volume.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Forbidden));
        StubFile file = volume.Create(StorageVolume.PathOf(name));
        file.Write([1, 2, 3], 0);
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(file.Flush).Status);
        Assert.Equal(NtStatus.AccessDenied, Assert.Throws<StubException>(file.Flush).Status);
        file.Dispose();
        Assert.Equal(0, volume.Journal.Counters.Uploads);
        Assert.Equal(NtStatus.ObjectNameNotFound, Assert.Throws<StubException>(() => volume.Open(StorageVolume.PathOf(name))).Status);
    }

    [Fact]
    public async Task In_journal_mode_a_flush_is_answered_by_the_local_disk()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { JournalMode = true });
        string name = StorageVolume.NewName();
        volume.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        volume.StoreAttachment(name, [1, 2, 3]);
        Assert.Equal(1, volume.Journal.Counters.Uploads);
        Assert.Equal([1, 2, 3], volume.Read(name));
        volume.Faults.Heal();
        await volume.UploadedAsync();
        Assert.Equal(1, await volume.CountObjectsAsync());
    }

    [Fact]
    public async Task An_empty_file_that_is_only_closed_is_stored()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        volume.Create(StorageVolume.PathOf(name)).Dispose();
        await volume.UploadedAsync();
        Assert.Equal(1, await volume.CountObjectsAsync());
        Assert.Empty(volume.Read(name));
    }

    [Fact]
    public async Task Operations_after_the_cleanup_are_still_answered()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        volume.StoreAttachment(name, [1, 2, 3]);
        using StubFile file = volume.Open(StorageVolume.PathOf(name));
        file.Cleanup();
        Assert.Equal([1, 2, 3], file.ReadAll());
        Assert.Equal(3UL, file.Information.FileSize);
    }
}
