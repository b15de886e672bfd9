using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>The line to the bucket fails under a mount and comes back: errors that say so, nothing lost, and nothing to restart.</summary>
[Collection(nameof(Alone))]
public sealed class OutageTests(SharedServers servers)
{
    private const int EIO = 5;
    private const int ETIMEDOUT = 110;

    [Fact(Timeout = 300_000)]
    public async Task An_outage_fails_what_needs_the_bucket_and_everything_recovers_by_itself()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers, requestTimeout: 4);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        await site.MountAsync();
        string kept = await StoreAsync(site, 1), unread = await StoreAsync(site, 2), unwanted = await StoreAsync(site, 3);
        await site.UnmountAsync();
        await site.MountAsync(); // nothing is in memory
        Assert.Equal(Content(1), await File.ReadAllBytesAsync(site.PathOf(kept)));
        Assert.True(File.Exists(site.PathOf(unwanted)));
        string failed = SiteFiles.NewName();
        await using FileStream file = site.CreateAttachment(failed);
        await file.WriteAsync(Content(4));

        line.Silence(); // the worse one: nobody is told

        AssertNoAnswer(Assert.ThrowsAny<IOException>(file.Synchronize));
        AssertNoAnswer(await Assert.ThrowsAnyAsync<IOException>(() => File.ReadAllBytesAsync(site.PathOf(unread))));
        AssertNoAnswer(Assert.ThrowsAny<IOException>(() => File.Create(site.PathOf(SiteFiles.NewName()))));
        Assert.Equal(Content(1), await File.ReadAllBytesAsync(site.PathOf(kept)));
        File.Delete(site.PathOf(unwanted));
        Assert.False(File.Exists(site.PathOf(unwanted)));
        Assert.True((await site.StatusAsync()).PendingDeletes > 0);
        Assert.Contains(await site.Bucket.KeysAsync(), key => key.Contains(unwanted, StringComparison.Ordinal));

        line.Restore();

        Assert.Equal(Content(2), await File.ReadAllBytesAsync(site.PathOf(unread)));
        string stored = await StoreAsync(site, 5);
        await NothingIsPendingAsync(site);
        IReadOnlyList<string> keys = await site.Bucket.KeysAsync();
        Assert.Equal(3, keys.Count);
        Assert.All(new[] { kept, unread, stored }, name => Assert.Contains(keys, key => key.Contains(name, StringComparison.Ordinal)));
    }

    private static byte[] Content(byte seed) => [.. Enumerable.Range(0, 50_000).Select(i => (byte)(i * seed))];

    private static async Task<string> StoreAsync(Site site, byte seed)
    {
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, Content(seed));
        return name;
    }

    private static void AssertNoAnswer(IOException failure) => Assert.True(failure.HResult is EIO or ETIMEDOUT, $"{failure.HResult}: {failure}");

    /// <summary>What may have been stored without an answer is deleted once more after half a minute.</summary>
    private static async Task NothingIsPendingAsync(Site site)
    {
        while ((await site.StatusAsync()).PendingDeletes > 0)
            await Task.Delay(500);
    }
}
