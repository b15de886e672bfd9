using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What one image of 512 KiB costs in kernel requests and bucket requests, with Orthanc as the client.</summary>
public sealed class RequestCountTests(SharedServers servers)
{
    private const int Length = 512 * 1024;

    private readonly DicomFactory _dicom = new(seed: 5);

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local, "flat")]
    [InlineData(BucketKind.Local, "legacy")]
    [InlineData(BucketKind.Ceph, "flat")]
    [InlineData(BucketKind.Ceph, "legacy")]
    [InlineData(BucketKind.Azurite, "flat")]
    [InlineData(BucketKind.Google, "legacy")]
    public async Task Nothing_needless_is_asked(BucketKind bucket, string structure)
    {
        var setup = new SiteSetup { Bucket = bucket, StorageStructure = structure, IndexInStorageDirectory = false };
        await using Site site = await Site.StartAsync(setup, servers);
        string id = "";

        // Before a store the usual name is not there, which is one look; with "flat" another one has to exclude the less usual names.
        int looks = structure == "flat" ? 2 : 1;
        CloudFsStatus store = await site.CountAsync(async () => id = await site.Rest.StoreAsync(_dicom.Create(Length)));
        AssertKernelRequests(10, store);
        Assert.Equal(1, store.Bucket("put"));
        Assert.True(store.BucketLookUps + store.Bucket("get") <= looks, store.Counts);
        Assert.Equal(0, store.Bucket("delete"));

        await RemountAsync(site);
        CloudFsStatus read = await site.CountAsync(() => site.Rest.FileAsync(id));
        AssertKernelRequests(7, read);
        Assert.Equal(1, read.Bucket("get"));
        Assert.Equal(0, read.BucketLookUps);

        CloudFsStatus again = await site.CountAsync(() => site.Rest.FileAsync(id));
        AssertKernelRequests(7, again);
        Assert.Equal(0, again.Bucket("get") + again.BucketLookUps);

        await RemountAsync(site);
        CloudFsStatus delete = await site.CountAsync(() => site.Rest.DeleteInstanceAsync(id));
        Assert.Equal(1, delete.Bucket("delete"));
        Assert.True(delete.BucketLookUps + delete.Bucket("get") <= 1, delete.Counts);
        Assert.Equal(0, delete.Bucket("put"));
    }

    /// <summary>Empties all caches. The kernel asks for the root's attributes once after a mount; that is no cost of an image.</summary>
    private static async Task RemountAsync(Site site)
    {
        await site.UnmountAsync();
        await site.MountAsync();
        Assert.True(Directory.Exists(site.MountPoint));
    }

    private static void AssertKernelRequests(long limit, CloudFsStatus counted) =>
        Assert.True(counted.KernelRequests.Values.Sum() <= limit, $"more than {limit} kernel requests: {counted.Counts}");
}
