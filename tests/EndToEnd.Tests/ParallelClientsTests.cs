using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>32 clients at once, up to 2,000 images of mixed size: every one comes back as it was sent.</summary>
public sealed class ParallelClientsTests(SharedServers servers)
{
    private const int Clients = 32;

    /// <summary>Where Orthanc compresses, the work is its own: fewer show the same.</summary>
    private const int CompressedImages = 200;

    /// <summary>Files that are also read with cat.</summary>
    private const int Sample = 20;

    private static readonly ParallelOptions InParallel = new() { MaxDegreeOfParallelism = Clients };

    [Theory(Timeout = 600_000)]
    [InlineData(BucketKind.Local, true, 500)]
    [InlineData(BucketKind.Local, false, 500)]
    [InlineData(BucketKind.Ceph, true, 2000)]
    public async Task All_images_come_back_identical(BucketKind bucket, bool syncStorageArea, int count)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { Bucket = bucket, SyncStorageArea = syncStorageArea }, servers);
        ICollection<byte[]> checksums = await StoreAndReadAsync(site, count);
        Assert.Equal(count, (await site.Bucket.KeysAsync()).Count);

        string[] files = [.. Directory.EnumerateFiles(site.MountPoint, "*-*-*-*-*", SearchOption.AllDirectories)];
        Assert.Equal(count, files.Length);
        HashSet<string> expected = [.. checksums.Select(Convert.ToHexString)];
        foreach (string file in files.Take(Sample))
        {
            CommandResult cat = (await ExternalProgram.RunAsync("cat", file)).Succeeded("cat");
            Assert.Contains(Convert.ToHexString(SHA256.HashData(cat.OutputBytes.Span)), expected);
        }

        await DeleteAllAsync(site);
    }

    [Fact(Timeout = 600_000)]
    public async Task Compressed_images_come_back_identical()
    {
        await using Site site = await Site.StartAsync(new SiteSetup { StorageCompression = true }, servers);
        await StoreAndReadAsync(site, CompressedImages);
        Assert.Equal(await site.CountAttachmentsAsync(), (await site.Bucket.KeysAsync()).Count);
        await DeleteAllAsync(site);
    }

    /// <summary>Stores with all clients, then reads with all clients; returns the checksums of what was stored.</summary>
    private static async Task<ICollection<byte[]>> StoreAndReadAsync(Site site, int count)
    {
        var dicom = new DicomFactory(seed: 4);
        var checksums = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(Enumerable.Range(0, count), InParallel, async (i, _) =>
        {
            DicomInstance image = dicom.Create(LengthOf(i));
            checksums[await site.Rest.StoreAsync(image)] = SHA256.HashData(image.Bytes);
        });
        Assert.Equal(count, checksums.Count);
        await Parallel.ForEachAsync(checksums, InParallel, async (stored, _) =>
            Assert.Equal(stored.Value, SHA256.HashData(await site.Rest.FileAsync(stored.Key))));
        return checksums.Values;
    }

    private static async Task DeleteAllAsync(Site site)
    {
        await Parallel.ForEachAsync(await site.Rest.InstancesAsync(), InParallel, async (id, _) => await site.Rest.DeleteInstanceAsync(id));
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    /// <summary>Mostly 2 to 130 KB, one in twenty 512 KiB, one in two hundred 5 MB.</summary>
    private static int LengthOf(int i) => i % 200 == 7 ? 5_000_000 : i % 20 == 3 ? 512 * 1024 : 2048 + 2 * (i * 7919 % 64_000);
}
