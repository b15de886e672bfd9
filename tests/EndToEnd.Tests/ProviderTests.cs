using System.Text.Json.Nodes;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What only some providers have, through the program as it is shipped.</summary>
public sealed class ProviderTests(SharedServers servers)
{
    private const int WrongConfiguration = 3;
    private const int BucketFailed = 5;
    private const string Name = "8f/3f/8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10";

    [Fact(Timeout = 120_000)]
    public async Task What_lies_in_the_archive_exists_and_opening_it_fails_at_once()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = BucketKind.Azurite }, servers);
        await site.MountAsync();
        string file = Path.Combine(site.MountPoint, Name);
        (await ExternalProgram.RunAsync("bash", "-c", $"head -c 100000 /dev/urandom > {file}")).Succeeded("write");
        await site.Bucket.ArchiveAsync();
        await site.UnmountAsync();
        await site.MountAsync();

        CommandResult read = await ExternalProgram.RunAsync("bash", "-c", $"stat -c %s {file}; time cat {file}");

        Assert.Contains("100000", read.Output, StringComparison.Ordinal);
        Assert.Contains("No data available", read.Errors, StringComparison.Ordinal); // ENODATA
        CloudFsStatus status = await site.StatusAsync();
        Assert.Equal(1, status.BucketFailures["archived"]); // the look-up is a listing here, and nothing is retried
        File.Delete(file);
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Check_leaves_a_container_that_does_not_exist_to_mount()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = BucketKind.Azurite }, servers);
        CommandResult check = await CloudFsProgram.RunAsync("check", "--config", site.Configuration);
        Assert.Contains("does not exist; mount makes it", check.Output, StringComparison.Ordinal);
        Assert.Equal(0, check.ExitCode);

        await site.MountAsync();

        Assert.Empty(await site.Bucket.KeysAsync());
        Assert.Equal(0, (await CloudFsProgram.RunAsync("check", "--config", site.Configuration)).ExitCode);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(BucketKind.Azurite, "ConnectionString", "AccountKey=", "AccountKey=AAAA", BucketFailed, "403")]
    [InlineData(BucketKind.Azurite, "CreateContainerIfNotExists", "", "false", BucketFailed, "ContainerNotFound")]
    [InlineData(BucketKind.Google, "BucketName", "test", "missing", BucketFailed, "404")]
    [InlineData(BucketKind.Google, "ServiceAccountFile", "/", "/nowhere/", WrongConfiguration, "ServiceAccountFile")]
    [InlineData(BucketKind.Google, "ServiceAccountFile", "", "master.key", WrongConfiguration, "no JSON key of a service account")]
    public async Task A_mistake_is_told_in_one_line_and_nothing_is_mounted(
        BucketKind kind, string key, string from, string to, int exitCode, string expected)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = kind }, servers);
        JsonNode configuration = JsonNode.Parse(await File.ReadAllTextAsync(site.Configuration))!;
        JsonNode section = configuration[site.Bucket.SectionName]!;
        section[key] = from.Length > 0
            ? section[key]!.GetValue<string>().Replace(from, to, StringComparison.Ordinal)
            : to == "false" ? false : to;
        await File.WriteAllTextAsync(site.Configuration, configuration.ToJsonString());

        CommandResult mount = await CloudFsProgram.RunAsync("mount", "--config", site.Configuration);

        Assert.Equal(exitCode, mount.ExitCode);
        Assert.Contains(expected, mount.Errors, StringComparison.Ordinal);
        Assert.Single(mount.Errors.Trim().Split('\n'));
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("mountpoint", "-q", site.MountPoint)).ExitCode);
    }
}
