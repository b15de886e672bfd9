using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>32 clients at once, 2,000 images of mixed size: every one comes back as it was sent.</summary>
public sealed class ParallelClientsTests(SharedGateway gateway)
{
    private const int Clients = 32;
    private const int Images = 2000;

    [Theory]
    [InlineData(BucketKind.Local, true)]
    [InlineData(BucketKind.Local, false)]
    [InlineData(BucketKind.Ceph, true)]
    public async Task All_images_come_back_identical(BucketKind bucket, bool syncStorageArea)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { Bucket = bucket, SyncStorageArea = syncStorageArea }, gateway);
        var dicom = new DicomFactory(seed: 4);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Clients };
        var checksums = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(Enumerable.Range(0, Images), parallel, async (i, _) =>
        {
            DicomInstance image = dicom.Create(LengthOf(i));
            checksums[await site.Rest.StoreAsync(image)] = SHA256.HashData(image.Bytes);
        });
        Assert.Equal(Images, checksums.Count);
        Assert.Equal(Images, (await site.Bucket.KeysAsync()).Count);

        await Parallel.ForEachAsync(checksums, parallel, async (stored, _) =>
            Assert.Equal(stored.Value, SHA256.HashData(await site.Rest.FileAsync(stored.Key))));

        await Parallel.ForEachAsync(checksums.Keys, parallel, async (id, _) => await site.Rest.DeleteInstanceAsync(id));
        Assert.Empty(await site.Bucket.KeysAsync());
    }

    /// <summary>Mostly 2 to 130 KB, one in twenty 512 KiB, one in two hundred 5 MB.</summary>
    private static int LengthOf(int i) => i % 200 == 7 ? 5_000_000 : i % 20 == 3 ? 512 * 1024 : 2048 + 2 * (i * 7919 % 64_000);
}
