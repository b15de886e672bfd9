using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What one image of 512 KiB costs in kernel requests and bucket requests, with Orthanc as the client.</summary>
public sealed class RequestCountTests(SharedGateway gateway)
{
    private const int Length = 512 * 1024;

    private readonly DicomFactory _dicom = new(seed: 5);

    [Theory]
    [InlineData(BucketKind.Local, "flat")]
    [InlineData(BucketKind.Local, "legacy")]
    [InlineData(BucketKind.Ceph, "flat")]
    [InlineData(BucketKind.Ceph, "legacy")]
    public async Task Nothing_needless_is_asked(BucketKind bucket, string structure)
    {
        var setup = new SiteSetup { Bucket = bucket, StorageStructure = structure, IndexInStorageDirectory = false };
        await using Site site = await Site.StartAsync(setup, gateway);
        string id = "";

        CloudFsStatus store = await site.CountAsync(async () => id = await site.Rest.StoreAsync(_dicom.Create(Length)));
        AssertKernelRequests(10, store);
        Assert.Equal(1, store.Bucket("put"));
        Assert.True(store.BucketLookUps + store.Bucket("get") <= 1, store.Counts);
        Assert.Equal(0, store.Bucket("delete"));

        // A new mount has nothing in its caches.
        await site.UnmountAsync();
        await site.MountAsync();
        CloudFsStatus read = await site.CountAsync(() => site.Rest.FileAsync(id));
        AssertKernelRequests(7, read);
        Assert.Equal(1, read.Bucket("get"));
        Assert.Equal(0, read.BucketLookUps);

        CloudFsStatus again = await site.CountAsync(() => site.Rest.FileAsync(id));
        AssertKernelRequests(7, again);
        Assert.Equal(0, again.Bucket("get") + again.BucketLookUps);

        await site.UnmountAsync();
        await site.MountAsync();
        CloudFsStatus delete = await site.CountAsync(() => site.Rest.DeleteInstanceAsync(id));
        Assert.Equal(1, delete.Bucket("delete"));
        Assert.True(delete.BucketLookUps <= 1, delete.Counts);
        Assert.Equal(0, delete.Bucket("get") + delete.Bucket("put"));
    }

    [Fact]
    public async Task Flat_looks_up_at_most_once_more_than_legacy()
    {
        var setup = new SiteSetup { IndexInStorageDirectory = false };
        long[] flat = await LookUpsAsync(setup);
        long[] legacy = await LookUpsAsync(setup with { StorageStructure = "legacy" });
        Assert.All(flat.Zip(legacy), pair => Assert.True(pair.First <= pair.Second + 1, $"flat {pair.First}, legacy {pair.Second}"));
    }

    /// <summary>Look-ups of a store, a first read after mounting, and a delete after mounting.</summary>
    private async Task<long[]> LookUpsAsync(SiteSetup setup)
    {
        await using Site site = await Site.StartAsync(setup, gateway);
        string id = "";
        CloudFsStatus store = await site.CountAsync(async () => id = await site.Rest.StoreAsync(_dicom.Create(Length)));
        await site.UnmountAsync();
        await site.MountAsync();
        CloudFsStatus read = await site.CountAsync(() => site.Rest.FileAsync(id));
        await site.UnmountAsync();
        await site.MountAsync();
        CloudFsStatus delete = await site.CountAsync(() => site.Rest.DeleteInstanceAsync(id));
        return [store.BucketLookUps, read.BucketLookUps, delete.BucketLookUps];
    }

    private static void AssertKernelRequests(long limit, CloudFsStatus counted) =>
        Assert.True(counted.KernelRequests.Values.Sum() <= limit, $"more than {limit} kernel requests: {counted.Counts}");
}
