using System.Text;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>The life of attachments of a stock Orthanc, its index in the root of the mount, on each kind of bucket.</summary>
public sealed class StoreReadDeleteTests(SharedServers servers)
{
    private readonly DicomFactory _dicom = new(seed: 1);

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local, "flat")]
    [InlineData(BucketKind.Local, "legacy")]
    [InlineData(BucketKind.Ceph, "flat")]
    [InlineData(BucketKind.Ceph, "legacy")]
    [InlineData(BucketKind.Azurite, "flat")]
    [InlineData(BucketKind.Azurite, "legacy")]
    [InlineData(BucketKind.Google, "flat")]
    [InlineData(BucketKind.Google, "legacy")]
    public Task An_image_lives_as_one_encrypted_object(BucketKind bucket, string structure) =>
        LiveAndDieAsync(new SiteSetup { Bucket = bucket, StorageStructure = structure });

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public Task Without_SyncStorageArea_too(BucketKind bucket) =>
        LiveAndDieAsync(new SiteSetup { Bucket = bucket, SyncStorageArea = false });

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public Task With_StorageCompression_too(BucketKind bucket) =>
        LiveAndDieAsync(new SiteSetup { Bucket = bucket, StorageCompression = true });

    [Fact(Timeout = 180_000)]
    public Task With_Orthanc_as_its_own_user_too() =>
        LiveAndDieAsync(new SiteSetup { OrthancUser = "orthanc" });

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    [InlineData(BucketKind.Azurite)]
    [InlineData(BucketKind.Google)]
    public async Task Images_arrive_by_C_STORE(BucketKind bucket)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { Bucket = bucket }, servers);
        DicomInstance[] images = [.. Enumerable.Range(0, 5).Select(i => _dicom.Create(100_000 + 2 * i))];
        await StoreScu.SendAsync(site.Orthanc!.DicomPort, images);
        string[] stored = await site.Rest.InstancesAsync();
        Assert.Equal(images.Length, stored.Length);
        await AssertOneEncryptedObjectEachAsync(site);
        foreach (string instance in stored)
        {
            // Orthanc keeps what it received, under a file meta header of its own: the tail is the sender's.
            byte[] file = await site.Rest.FileAsync(instance);
            Assert.Contains(images, image => file.AsSpan().EndsWith(image.Bytes.AsSpan(^90_000..)));
            await site.Rest.VerifyMd5Async(instance, "dicom");
            await site.Rest.DeleteInstanceAsync(instance);
        }

        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_index_stays_on_the_local_disk()
    {
        await using Site site = await Site.StartAsync(new SiteSetup(), servers);
        await site.Rest.StoreAsync(_dicom.Create(10_000));
        Assert.True(File.Exists(Path.Combine(site.MountPoint, "index")));
        Assert.Single(await site.Bucket.KeysAsync());
        await site.StopOrthancAsync();
        await site.UnmountAsync();
        Assert.True(File.Exists(Path.Combine(site.MountPoint, "index")), "the index should lie beneath the mount point");
    }

    [Theory(Timeout = 180_000)]
    [InlineData("flat")]
    [InlineData("legacy")]
    public async Task Object_keys_are_the_plugins(string structure)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { StorageStructure = structure }, servers);
        await site.Rest.StoreAsync(_dicom.Create(10_000));
        string key = Assert.Single(await site.Bucket.KeysAsync());
        const string Uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
        Assert.Matches(structure == "flat" ? $@"^{Uuid}\.dcm\.enc$" : $"^([0-9a-f]{{2}}/){{2}}{Uuid}$", key);
    }

    private async Task LiveAndDieAsync(SiteSetup setup)
    {
        await using Site site = await Site.StartAsync(setup, servers);
        var stored = new List<(string Id, DicomInstance Image)>();
        foreach (int length in new[] { 4096, 4098, 130_000, 512 * 1024, 5_000_000 })
        {
            DicomInstance image = _dicom.Create(length);
            stored.Add((await site.Rest.StoreAsync(image), image));
        }

        await AssertOneEncryptedObjectEachAsync(site);
        foreach ((string id, DicomInstance image) in stored)
        {
            Assert.Equal(image.Bytes, await site.Rest.FileAsync(id));
            Assert.Contains(image.PatientId, await site.Rest.TagsAsync(id));
            foreach (string attachment in await site.Rest.AttachmentsAsync(id))
                await site.Rest.VerifyMd5Async(id, attachment);
        }

        foreach ((string id, _) in stored)
            await site.Rest.DeleteInstanceAsync(id);
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    private static async Task AssertOneEncryptedObjectEachAsync(Site site)
    {
        IReadOnlyList<string> keys = await site.Bucket.KeysAsync();
        Assert.Equal(await site.CountAttachmentsAsync(), keys.Count);
        foreach (string key in keys)
        {
            byte[] content = await site.Bucket.ReadAsync(key);
            Assert.True(content.AsSpan().StartsWith("A1"u8), key);
            Assert.DoesNotContain("DOE^JANE", Encoding.Latin1.GetString(content));
        }
    }
}
