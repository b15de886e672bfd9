using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>The tools that people use on a storage directory, on the real mount.</summary>
public sealed class CommonToolsTests(SharedServers servers)
{
    private const int Files = 40;

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public async Task A_storage_directory_is_copied_in_listed_copied_out_and_removed(BucketKind bucket)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = bucket }, servers);
        string source = await FillAsync(Path.Combine(site.Scratch, "source"));
        await site.MountAsync();

        await RunAsync("cp", "-r", $"{source}/.", site.MountPoint);
        Assert.Equal(Files, (await site.Bucket.KeysAsync()).Count);
        Assert.Equal(Files, (await RunAsync("find", site.MountPoint, "-type", "f", "-path", "*-*")).Output.Split('\n').Length - 1);
        Assert.Contains("orthanc-cloudfs", (await RunAsync("df", site.MountPoint)).Output, StringComparison.Ordinal);
        await RunAsync("ls", "-lR", site.MountPoint);
        await RunAsync("diff", "-r", source, site.MountPoint);

        string back = Path.Combine(site.Scratch, "back");
        await RunAsync("cp", "-r", site.MountPoint, back);
        await RunAsync("diff", "-r", source, back);

        await RunAsync("bash", "-c", $"rm -r {site.MountPoint}/*");
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task Rsync_brings_a_storage_directory_in_and_then_finds_nothing_to_do()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        string source = await FillAsync(Path.Combine(site.Scratch, "source"));
        await site.MountAsync();
        string[] options = ["--recursive", "--inplace", "--chmod=F600"];
        await RunAsync("rsync", [.. options, $"{source}/", site.MountPoint]);
        Assert.Equal(Files, (await site.Bucket.KeysAsync()).Count);
        CommandResult second = await RunAsync("rsync", [.. options, "--size-only", "--itemize-changes", $"{source}/", site.MountPoint]);
        Assert.Equal("", second.Output);
        await RunAsync("diff", "-r", source, site.MountPoint);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_read_only_mount_refuses_changes_and_shows_everything()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        string source = await FillAsync(Path.Combine(site.Scratch, "source"));
        await site.MountAsync();
        await RunAsync("cp", "-r", $"{source}/.", site.MountPoint);
        await site.UnmountAsync();

        (await CloudFsProgram.RunAsync("mount", "--read-only", "--config", site.Configuration)).Succeeded("mount");
        await RunAsync("diff", "-r", source, site.MountPoint);
        CommandResult refused = await ExternalProgram.RunAsync("bash", "-c", $"rm -r {site.MountPoint}/*");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Read-only file system", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(Files, (await site.Bucket.KeysAsync()).Count);
    }

    private static async Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        (await ExternalProgram.RunAsync(program, arguments)).Succeeded(program);

    private static async Task<string> FillAsync(string folder)
    {
        var random = new Random(6);
        byte[] uuid = new byte[16];
        for (int i = 0; i < Files; i++)
        {
            random.NextBytes(uuid);
            string name = $"{new Guid(uuid):D}";
            byte[] content = new byte[1 + random.Next(200_000)];
            random.NextBytes(content);
            string directory = Directory.CreateDirectory(Path.Combine(folder, name[..2], name[2..4])).FullName;
            await File.WriteAllBytesAsync(Path.Combine(directory, name), content);
        }

        return folder;
    }
}
