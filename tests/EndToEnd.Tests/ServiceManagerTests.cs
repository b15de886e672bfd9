using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What systemd hears from the program: a real datagram socket stands in for it.</summary>
public sealed class ServiceManagerTests(SharedServers servers)
{
    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Waiting_ready_alive_stopping(bool abstractAddress)
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using var systemd = new NotifyListener(abstractAddress ? $"@orthanc-cloudfs-test/{Guid.NewGuid():N}" : Path.Combine(site.Scratch, "notify"));
        line.Cut();
        using RunningMount mount = RunningMount.Start(
            [("NOTIFY_SOCKET", systemd.Address), ("WATCHDOG_USEC", "1000000")],
            "--foreground", "--wait", "--config", site.Configuration);

        string[] waiting = await systemd.ReceiveAsync(cancellationToken);
        Assert.StartsWith("STATUS=Waiting for the bucket", waiting[0], StringComparison.Ordinal);
        Assert.StartsWith("EXTEND_TIMEOUT_USEC=", waiting[1], StringComparison.Ordinal);
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("mountpoint", "-q", site.MountPoint)).ExitCode);

        line.Restore();
        IReadOnlyList<string> untilReady = await systemd.ReceiveUntilAsync("READY=1", cancellationToken);
        await site.WriteAttachmentAsync(SiteFiles.NewName(), SiteFiles.RandomContent(1000));
        Assert.Single(await site.Bucket.KeysAsync());
        Assert.DoesNotContain("WATCHDOG=1", untilReady, StringComparer.Ordinal);

        for (int word = 0; word < 3; word++)
            Assert.Equal(["WATCHDOG=1"], await systemd.ReceiveAsync(cancellationToken));

        await mount.TerminateAsync();
        IReadOnlyList<string> untilStopping = await systemd.ReceiveUntilAsync("STOPPING=1", cancellationToken);
        Assert.Contains(untilStopping, said => said.StartsWith("EXTEND_TIMEOUT_USEC=", StringComparison.Ordinal));
        Assert.Equal(0, await mount.EndAsync());
    }

    [Fact(Timeout = 300_000)]
    public async Task Without_a_listener_it_mounts_all_the_same()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        using RunningMount mount = RunningMount.Start(
            [("NOTIFY_SOCKET", Path.Combine(site.Scratch, "nobody"))], "--foreground", "--config", site.Configuration);
        await mount.SaysAsync("Mounted");
        await site.UnmountAsync();
        Assert.Equal(0, await mount.EndAsync());
    }
}
