using System.Text.Json.Nodes;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary><c>mount --wait</c>: waits for a bucket that cannot be reached, and for nothing else.</summary>
public sealed class WaitForBucketTests(SharedServers servers)
{
    private const int Configuration = 3;
    private const int Bucket = 5;
    private const int Mount = 6;
    private const string Waiting = "waiting for the bucket, without end";

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_mounts_when_the_bucket_is_there(bool silent)
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        if (silent)
            line.Silence();
        else
            line.Cut();
        using RunningMount mount = RunningMount.Start([], "--wait", "--config", site.Configuration);
        await mount.SaysAsync(Waiting);
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("mountpoint", "-q", site.MountPoint)).ExitCode);

        line.Restore();

        Assert.Equal(0, await mount.EndAsync());
        await site.WriteAttachmentAsync(SiteFiles.NewName(), SiteFiles.RandomContent(1000));
        Assert.Single(await site.Bucket.KeysAsync());
        Assert.Single(mount.Errors.Split('\n'), told => told.Contains("waiting", StringComparison.Ordinal));
        Assert.Contains(Waiting, await site.ReadLogAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task It_gives_up_when_its_time_is_over()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        line.Silence();
        CommandResult result = await CloudFsProgram.RunAsync("mount", "--wait", "2", "--config", site.Configuration);
        Assert.Equal(Bucket, result.ExitCode);
        Assert.Contains("not reachable within 2 s", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task It_can_be_told_to_end()
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        line.Cut();
        using RunningMount mount = RunningMount.Start([], "--wait", "--config", site.Configuration);
        await mount.SaysAsync(Waiting);
        await mount.TerminateAsync();
        Assert.Equal(Mount, await mount.EndAsync());
        Assert.Contains("told to end before", mount.Errors, StringComparison.Ordinal);
        line.Restore();
        await site.MountAsync(); // nobody else holds the state directory
    }

    [Theory(Timeout = 300_000)]
    [InlineData("SecretKey", "wrong", Bucket)]
    [InlineData("BucketName", "no-such-bucket", Bucket)]
    [InlineData("StorageEncryption", null, Configuration)]
    public async Task A_mistake_is_refused_at_once(string key, string? value, int exitCode)
    {
        (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(servers);
        await using DelayProxy disposedLast = line;
        await using Site disposedFirst = site;
        await site.ConfigureAsync(root =>
        {
            JsonObject section = root[site.Bucket.SectionName]!.AsObject();
            if (value is null)
                section.Remove(key);
            else
                section[key] = value;
        });
        CommandResult result = await CloudFsProgram.RunAsync("mount", "--wait", "--config", site.Configuration);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.DoesNotContain("waiting", result.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1.5")]
    public async Task Only_whole_seconds(string seconds)
    {
        CommandResult result = await CloudFsProgram.RunAsync("mount", $"--wait={seconds}", "--config", "/nowhere");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--wait takes a whole number of seconds", result.Errors, StringComparison.Ordinal);
    }
}
