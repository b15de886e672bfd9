using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Requests;

/// <summary>Orthanc's own sequences of calls: what they return, and what each costs at the kernel's and at the bucket's boundary.</summary>
public class OrthancSequenceTests(ITestOutputHelper output)
{
    private const string Uuid = "8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10";
    private const string First = "00000000-1f0e-4f3b-9a55-0c6f1d7b2a10";
    private const int Size = 512 << 10;
    private const string NotDicom = "raw";

    public static TheoryData<bool> Layouts => [true, false];

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Layouts))]
    public async Task A_store_costs_one_put_and_one_look_up(bool legacy)
    {
        await using StorageMount mount = await MountAsync(new MountSetup { Legacy = legacy });
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.Store(mount.PathOf(Uuid), Size));
        Report("store 512 KiB", legacy, count);
        Assert.Equal("ENOENT", results[0].Error);
        Assert.Equal("folder", results[1].Value);
        Assert.DoesNotContain(results.Skip(1), result => result.Error is not null);
        Assert.InRange(count.KernelTotal, 1, 10);
        Assert.Equal(1, count.Of(BucketOperation.Put));
        Assert.InRange(count.LookUps, 0, legacy ? 1 : 2); // in the flat layout an attachment may have another name than the usual one
        Assert.Equal(2, mount.Memory.Count);
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Layouts))]
    public async Task A_cold_read_costs_one_get_and_nothing_else(bool legacy)
    {
        var setup = new MountSetup { Legacy = legacy, Bucket = new MemoryBucket() };
        string written = await StoreElsewhereAsync(setup);
        await using StorageMount mount = await MountAsync(setup);
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.Read(mount.PathOf(Uuid)));
        Report("read 512 KiB, cold", legacy, count);
        Assert.Equal($"file {Size}||{Size}|{written}|", results.Values());
        Assert.InRange(count.KernelTotal, 1, 7);
        Assert.Equal([BucketOperation.Get], count.Bucket.Keys);
        Assert.Equal(1, count.Of(BucketOperation.Get));
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Layouts))]
    public async Task A_read_after_the_store_costs_the_bucket_nothing(bool legacy)
    {
        await using StorageMount mount = await MountAsync(new MountSetup { Legacy = legacy });
        await SystemCalls.RunAsync(OrthancCalls.Store(mount.PathOf(Uuid), Size));
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.Read(mount.PathOf(Uuid)));
        Report("read 512 KiB, just stored", legacy, count);
        Assert.DoesNotContain(results, result => result.Error is not null);
        Assert.InRange(count.KernelTotal, 1, 6); // the store has made the attributes of folder and file stale
        Assert.Empty(count.Bucket);
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Layouts))]
    public async Task A_range_is_read_with_the_same_requests_and_the_right_bytes(bool legacy)
    {
        var setup = new MountSetup { Legacy = legacy, Bucket = new MemoryBucket() };
        await StoreElsewhereAsync(setup);
        await using StorageMount mount = await MountAsync(setup);
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.ReadRange(mount.PathOf(Uuid), 0, 3000));
        Report("read of a range, cold", legacy, count);
        Assert.Equal(await ContentOfAsync(3000), results[3].Value);
        Assert.InRange(count.KernelTotal, 1, 7);
        Assert.Equal(1, count.Of(BucketOperation.Get));
        Assert.Single(count.Bucket);
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Layouts))]
    public async Task A_delete_costs_one_delete_and_at_most_one_look_up(bool legacy)
    {
        var setup = new MountSetup { Legacy = legacy, Bucket = new MemoryBucket() };
        await StoreElsewhereAsync(setup);
        await using StorageMount mount = await MountAsync(setup);
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.Delete(mount.PathOf(Uuid)));
        Report("delete, cold", legacy, count);
        Assert.Equal("ok ENOTEMPTY ENOTEMPTY", results.Outcomes());
        Assert.Equal(1, count.Of(BucketOperation.Delete));
        Assert.InRange(count.LookUps, 0, 1);
        Assert.Equal(1, mount.Memory.Count);
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {mount.PathOf(Uuid)}")).Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_SyncStorageArea_close_does_what_fdatasync_does()
    {
        await using StorageMount mount = await MountAsync(new MountSetup());
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.Store(mount.PathOf(Uuid), Size, syncStorageArea: false));
        Report("store 512 KiB, no fdatasync", true, count);
        Assert.DoesNotContain(results.Skip(1), result => result.Error is not null);
        Assert.InRange(count.KernelTotal, 1, 10);
        Assert.Equal(1, count.Of(BucketOperation.Put));
        Assert.Equal(2, mount.Memory.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_attachment_under_an_unusual_name_costs_one_listing_more()
    {
        var setup = new MountSetup { Legacy = false, Bucket = new MemoryBucket() };
        await StoreElsewhereAsync(setup, NotDicom);
        await using StorageMount mount = await MountAsync(setup);
        (RequestCount count, IReadOnlyList<CallResult> results) =
            await RequestCount.MeasureAsync(mount, OrthancCalls.Read(mount.PathOf(Uuid)));
        Report("read, no DICOM file", legacy: false, count);
        Assert.Equal("ok ok ok ok ok", results.Outcomes());
        Assert.Equal(1, count.Of(BucketOperation.List));
        Assert.Equal(2, count.Of(BucketOperation.Get)); // of the usual key, which the bucket does not have, and of the right one
        Assert.Equal(0, count.Of(BucketOperation.Head));
    }

    /// <summary>
    /// A mount that has seen its first store, as Orthanc's start and its first image leave it: the kernel knows the root, and knows that
    /// there are no extended attributes.
    /// </summary>
    private static async Task<StorageMount> MountAsync(MountSetup setup)
    {
        StorageMount mount = StorageMount.Create(setup);
        await SystemCalls.SucceedAsync([$"stat {mount.MountPoint}", .. OrthancCalls.Store(mount.PathOf(First), 1000).Skip(1)]);
        return mount;
    }

    private static async Task<string> StoreElsewhereAsync(MountSetup setup, string seed = "1")
    {
        await using StorageMount writer = StorageMount.Create(setup);
        return (await SystemCalls.RunAsync(OrthancCalls.Store(writer.PathOf(Uuid), Size, seed))).Single(
            result => result.Call.StartsWith("write", StringComparison.Ordinal)).Value;
    }

    /// <summary>The description of so many bytes of content (the generator's short content begins its long one).</summary>
    private static async Task<string> ContentOfAsync(int size) =>
        (await SystemCalls.SucceedAsync("open f /dev/null O_WRONLY", $"write f {size}", "close f"))[1].Value;

    private void Report(string what, bool legacy, RequestCount count) =>
        output.WriteLine($"{what,-28} {(legacy ? "legacy" : "flat"),-6} {count}");
}
