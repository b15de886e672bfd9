using System.Runtime.Versioning;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>Adapter against a WinFsp stub under Wine: the volume itself, its threads, and its end.</summary>
[SupportedOSPlatform("windows")]
public sealed class VolumeTests
{
    [Fact]
    public async Task Label_sizes_and_security_are_those_that_were_configured()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        VolumeInformation information = volume.GetInformation();
        Assert.Equal("Orthanc", information.Label);
        Assert.Equal(information.TotalSize, information.FreeSize);
        using StubFile root = StubFile.Open(volume.MountPoint, @"\", Disposition.Open, Access.Read, isFolder: true);
        Assert.Equal(StorageVolume.SecurityDescriptor, root.GetSecurity());
        Assert.Equal(NtStatus.Success, StubDriver.StubFlushVolume(volume.MountPoint));
    }

    [Fact]
    public async Task A_mount_point_that_is_taken_is_refused_in_one_line()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        WinFspException refusal = Assert.Throws<WinFspException>(() => WinFspVolume.Mount(
            volume.MountPoint, volume.FileSystem, new WinFspVolumeOptions { FileSystemName = "OrthancCloudFs" }));
        Assert.Contains(volume.MountPoint, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public async Task A_slow_bucket_holds_no_thread_that_reads_and_lists()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { DispatcherThreads = 2, StagingBytes = 16 << 20, Retries = StorageVolume.PatientRetries });
        string large = StorageVolume.NewName(), small = StorageVolume.NewName();
        volume.StoreAttachment(large, StorageVolume.Bytes(30_000_000));
        volume.StoreAttachment(small, [1, 2, 3]);
        using StubFile slow = volume.Open(StorageVolume.PathOf(large));
        using StubFile quick = volume.Open(StorageVolume.PathOf(small));
        FaultRule stall = volume.Faults.Inject(BucketOperation.Get, Fault.Stall());
        Task[] readers = [.. Enumerable.Range(0, 8).Select(i => StorageVolume.OnThread(() => Record.Exception(() => slow.Read(4096, i * 3_000_000))))];
        await stall.Reached;
        await StorageVolume.EventuallyAsync(() => volume.PendingRequests == readers.Length, "all wait");

        Assert.Equal([1, 2, 3], quick.ReadAll()); // with two threads, and eight reads that wait

        stall.Release();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task It_can_be_taken_away_with_files_open_and_reads_under_way()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { StagingBytes = 16 << 20, OperationDeadline = TimeSpan.FromSeconds(2) });
        string large = StorageVolume.NewName(), unfinished = StorageVolume.NewName();
        volume.StoreAttachment(large, StorageVolume.Bytes(30_000_000));
        StubFile slow = volume.Open(StorageVolume.PathOf(large)), written = volume.Create(StorageVolume.PathOf(unfinished));
        written.Write([1, 2, 3], 0);
        FaultRule stall = volume.Faults.Inject(BucketOperation.Get, Fault.Stall());
        Task<Exception?> reading = StorageVolume.OnThread(() => Record.Exception(() => slow.Read(4096, 20_000_000)));
        await stall.Reached;

        await volume.UnmountAsync();

        Assert.IsType<StubException>(await reading);
        Assert.True(await volume.Completion);
        Assert.False(Directory.Exists(volume.MountPoint));
        Assert.Equal((0, 0), (volume.PendingRequests, volume.FileSystem.OpenItems));
        stall.Release();
        slow.Forget();
        written.Forget();
    }

    [Fact]
    public async Task Many_threads_store_read_and_delete_at_the_same_time()
    {
        await using StorageVolume volume = StorageVolume.Mount(new VolumeSetup { DispatcherThreads = 16 });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(client => StorageVolume.OnThread(() =>
        {
            for (int round = 0; round < 20; round++)
            {
                string name = StorageVolume.NewName();
                byte[] content = StorageVolume.Bytes(1000 * (client + round), client * 100 + round);
                volume.StoreAttachment(name, content);
                Assert.Equal(content, volume.Read(name));
                if (round % 2 == 0)
                    continue;
                using StubFile file = volume.Open(StorageVolume.PathOf(name), Access.Delete);
                file.MarkDeleted();
            }

            return true;
        })));
        await volume.DeletedAsync();
        Assert.Equal(16 * 10, await volume.CountObjectsAsync());
        Assert.True(StubDriver.StubMostBusy(volume.MountPoint) > 1, "several threads of the driver called at the same time");
        Assert.Equal(0, volume.FileSystem.OpenItems);
    }
}
