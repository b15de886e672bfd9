using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>Orthanc without its mount must not fill the local folder beneath with plain images.</summary>
public sealed class AbsentMountTests(SharedServers servers)
{
    private readonly DicomFactory _dicom = new(seed: 3);

    [Theory(Timeout = 180_000)]
    [InlineData(null)]
    [InlineData("orthanc")]
    public async Task Orthanc_cannot_store_where_the_mount_was(string? user)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { OrthancUser = user }, servers);
        await site.StopOrthancAsync();
        await site.UnmountAsync();

        await site.StartOrthancAsync();
        DicomInstance image = _dicom.Create(20_000, patientName: "ROE^RICHARD");
        await Assert.ThrowsAsync<HttpRequestException>(() => site.Rest.StoreAsync(image));
        Assert.Empty(await site.Rest.InstancesAsync());
        await site.StopOrthancAsync();
        foreach (string path in Directory.EnumerateFiles(site.MountPoint, "*", SearchOption.AllDirectories))
            Assert.Equal(-1, (await File.ReadAllBytesAsync(path)).AsSpan().IndexOf("ROE^RICHARD"u8));
        Assert.Empty(Directory.EnumerateDirectories(site.MountPoint));
    }
}
