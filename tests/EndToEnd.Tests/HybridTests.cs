using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>A site that has stored on its disk so far goes to the cloud: mounted over, everything stays readable.</summary>
public sealed class HybridTests(SharedServers servers)
{
    private const int Existing = 500;
    private const int New = 20;

    private readonly DicomFactory _dicom = new(seed: 9);
    private readonly Dictionary<string, byte[]> _images = new(StringComparer.Ordinal);

    [Theory(Timeout = 300_000)]
    [InlineData("WriteToObjectStorage")]
    [InlineData("WriteToFileSystem")]
    public async Task A_folder_of_500_attachments_is_mounted_over(string hybridMode)
    {
        var setup = new SiteSetup { IndexInStorageDirectory = false, HybridMode = hybridMode };
        await using Site site = await Site.CreateAsync(setup, servers);
        await site.StartOrthancAsync(); // without a mount
        await StoreAsync(site, Existing);
        await site.StopOrthancAsync();
        Assert.Equal(Existing, CountFiles(site));

        await site.MountAsync();
        await site.StartOrthancAsync();
        await StoreAsync(site, New);
        await VerifyAllAsync(site);
        Assert.Equal(hybridMode == "WriteToObjectStorage" ? New : 0, (await site.Bucket.KeysAsync()).Count);
        await site.StopOrthancAsync();
        await site.UnmountAsync();
        Assert.Equal(hybridMode == "WriteToObjectStorage" ? Existing : Existing + New, CountFiles(site));

        // The other way round, both kinds are there still, and both are deleted.
        await site.ConfigureAsync(setup with { HybridMode = hybridMode == "WriteToObjectStorage" ? "WriteToFileSystem" : "WriteToObjectStorage" });
        await site.MountAsync();
        await site.StartOrthancAsync();
        await StoreAsync(site, New);
        Assert.Equal(New, (await site.Bucket.KeysAsync()).Count);
        await VerifyAllAsync(site);
        foreach (string instance in _images.Keys)
            await site.Rest.DeleteInstanceAsync(instance);
        Assert.Empty(await site.KeysOnceDeletedAsync());
        await site.StopOrthancAsync();
        await site.UnmountAsync();
        Assert.Equal(0, CountFiles(site));
    }

    private async Task StoreAsync(Site site, int count)
    {
        for (int i = 0; i < count; i++)
        {
            DicomInstance image = _dicom.Create(4096 + (2 * i));
            _images.Add(await site.Rest.StoreAsync(image), image.Bytes);
        }
    }

    private async Task VerifyAllAsync(Site site)
    {
        Assert.Equal(_images.Count, (await site.Rest.InstancesAsync()).Length);
        foreach ((string instance, byte[] bytes) in _images)
            Assert.Equal(bytes, await site.Rest.FileAsync(instance));
    }

    /// <summary>Attachments that lie in the folder itself, without the placeholders.</summary>
    private static int CountFiles(Site site) => Directory.EnumerateDirectories(site.MountPoint)
        .Sum(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count());
}
