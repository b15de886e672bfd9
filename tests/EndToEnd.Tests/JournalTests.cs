using System.Diagnostics;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>Stock Orthanc with <c>"WriteMode": "Journal"</c>.</summary>
public sealed class JournalTests(SharedServers servers)
{
    private readonly DicomFactory _dicom = new(seed: 9);

    [Fact(Timeout = 300_000)]
    public async Task Ingest_reading_and_deleting_go_on_while_the_bucket_is_away_and_everything_is_there_afterwards()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers, requestTimeout: 4, writeMode: "Journal");
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        await site.MountAsync();
        await site.StartOrthancAsync();
        DicomInstance[] images = [.. Enumerable.Range(0, 30).Select(_ => _dicom.Create(100_000))];
        line.Cut();

        var ids = new List<string>();
        foreach (DicomInstance image in images)
            ids.Add(await site.Orthanc!.Rest.StoreAsync(image));
        for (int i = 0; i < images.Length; i++)
            Assert.Equal(images[i].Bytes, await site.Orthanc!.Rest.FileAsync(ids[i]));
        foreach (string id in ids.Take(10))
            await site.Orthanc!.Rest.DeleteInstanceAsync(id);

        Assert.Empty(await site.Bucket.KeysAsync());
        Assert.True((await site.StatusAsync()).PendingUploads > 0);
        await CloudFsProgram.KillAsync(site.MountPoint);
        await site.KillOrthancAsync();
        line.Restore();
        await site.MountAsync();
        await site.StartOrthancAsync();

        await NothingIsPendingAsync(site);
        Assert.Equal(20, (await site.Bucket.KeysAsync()).Count);
        for (int i = 10; i < images.Length; i++)
            Assert.Equal(images[i].Bytes, await site.Orthanc!.Rest.FileAsync(ids[i]));
    }

    internal static async Task NothingIsPendingAsync(Site site)
    {
        long start = Stopwatch.GetTimestamp();
        while (await site.StatusAsync() is var status && status.PendingUploads + status.PendingDeletes > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2), $"still pending: {status.PendingUploads} uploads, {status.PendingDeletes} deletes");
            await Task.Delay(200);
        }
    }
}
