using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>A journal whose disk is full.</summary>
[Collection(nameof(Alone))]
public sealed class JournalDiskTests(SharedServers servers)
{
    [Fact(Timeout = 300_000)]
    public async Task With_a_full_disk_stores_go_through_or_fail_and_nothing_acknowledged_is_lost()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers, requestTimeout: 4, writeMode: "Journal");
        await using DelayProxy disposedLast = line;
        await using SmallDisk disk = await SmallDisk.MountAsync(megabytes: 3);
        await using Site disposedFirst = site;
        string log = disk.Path + ".log";
        await site.ConfigureAsync(root =>
        {
            root["OrthancCloudFs"]!["StateDirectory"] = disk.Path;
            root["OrthancCloudFs"]!["LogFile"] = log;
        });
        await site.MountAsync();
        var acknowledged = new Dictionary<string, byte[]>(StringComparer.Ordinal);

        // There is a second disk: the bucket.
        for (int i = 0; i < 8; i++)
            await StoreAsync(site, acknowledged);
        await JournalTests.NothingIsPendingAsync(site);
        Assert.Equal(8, (await site.Bucket.KeysAsync()).Count);

        line.Cut();
        int refused = 0;
        for (int i = 0; i < 6; i++)
        {
            try
            {
                await StoreAsync(site, acknowledged);
            }
            catch (IOException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 2, 5);
        line.Restore();
        await JournalTests.NothingIsPendingAsync(site);
        Assert.Equal(acknowledged.Count, (await site.Bucket.KeysAsync()).Count);
        foreach ((string name, byte[] content) in acknowledged)
            Assert.Equal(content, await File.ReadAllBytesAsync(site.PathOf(name)));
        await site.UnmountAsync();
        Assert.Contains("cannot be written, stores go through to the bucket", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
        File.Delete(log);
    }

    private static async Task StoreAsync(Site site, Dictionary<string, byte[]> acknowledged)
    {
        string name = SiteFiles.NewName();
        byte[] content = SiteFiles.RandomContent(1_000_000);
        await site.WriteAttachmentAsync(name, content);
        acknowledged.Add(name, content);
    }
}
