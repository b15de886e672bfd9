using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>A mount that ends before the bucket has confirmed everything says so, and the next one goes on with it.</summary>
public sealed class PendingWorkTests(SharedServers servers)
{
    private const int Pending = 8;
    private const string Line = "but 1 delete is still pending and goes on with the next mount";

    [Fact(Timeout = 300_000)]
    public async Task Unmount_tells_what_is_pending_and_the_next_mount_does_it()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers, shutdownTimeout: 2);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        await site.MountAsync();
        await DeleteInOutageAsync(site, line);

        CommandResult unmounted = await CloudFsProgram.RunAsync("unmount", site.MountPoint);

        Assert.Equal(Pending, unmounted.ExitCode);
        Assert.Single(unmounted.Errors.TrimEnd().Split('\n'));
        Assert.Contains(Line, unmounted.Errors, StringComparison.Ordinal);
        Assert.Contains(Line, await site.ReadLogAsync(), StringComparison.Ordinal);
        await AssertNextMountGoesOnAsync(site, line);
    }

    [Fact(Timeout = 300_000)]
    public async Task SIGTERM_ends_with_the_exit_code_of_pending_work()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers, shutdownTimeout: 2);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        using RunningMount mount = RunningMount.Start([], "--foreground", "--config", site.Configuration);
        await mount.SaysAsync("Mounted");
        await DeleteInOutageAsync(site, line);

        await mount.TerminateAsync();

        Assert.Equal(Pending, await mount.EndAsync());
        Assert.Contains(Line, mount.Errors, StringComparison.Ordinal);
        await AssertNextMountGoesOnAsync(site, line);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_delete_that_can_be_done_in_time_is_done()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers, shutdownTimeout: 120);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        using RunningMount mount = RunningMount.Start([], "--foreground", "--config", site.Configuration);
        await mount.SaysAsync("Mounted");
        await DeleteInOutageAsync(site, line);

        await mount.TerminateAsync();
        await mount.SaysAsync("unmounted from");
        line.Restore();

        Assert.Equal(0, await mount.EndAsync());
        Assert.Empty(await site.Bucket.KeysAsync());
    }

    private static async Task DeleteInOutageAsync(Site site, DelayProxy line)
    {
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, SiteFiles.RandomContent(10_000));
        line.Cut();
        File.Delete(site.PathOf(name));
        Assert.Single(await site.Bucket.KeysAsync());
    }

    private static async Task AssertNextMountGoesOnAsync(Site site, DelayProxy line)
    {
        Assert.Single(await site.Bucket.KeysAsync());
        line.Restore();
        await site.MountAsync();
        Assert.Empty(await site.KeysOnceDeletedAsync());
        await site.UnmountAsync();
    }
}
