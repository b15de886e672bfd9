using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>The program's contract with scripts and people: exit codes as in docs/cli.md, one line that says what is wrong.</summary>
public sealed class CommandLineTests(SharedServers servers)
{
    private const int Usage = 2;
    private const int Configuration = 3;
    private const int Keys = 4;
    private const int Bucket = 5;
    private const int Mount = 6;
    private const int NotFound = 7;

    [Theory(Timeout = 180_000)]
    [InlineData("")]
    [InlineData("mount")]
    [InlineData("unmount")]
    [InlineData("check")]
    [InlineData("keygen")]
    [InlineData("list")]
    [InlineData("cat")]
    [InlineData("status")]
    public async Task Help_teaches(string command)
    {
        CommandResult help = await CloudFsProgram.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("orthanc-cloudfs", help.Output, StringComparison.Ordinal);
        Assert.True(help.Output.Split('\n').Length > 8, help.Output);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("mount")]
    [InlineData("frobnicate")]
    [InlineData("status", "--jsonn", "/nowhere")]
    public async Task A_wrong_command_line(params string[] arguments)
    {
        CommandResult result = await CloudFsProgram.RunAsync(arguments);
        Assert.Equal(Usage, result.ExitCode);
        Assert.True(result.Errors.Length > 0, "standard error should say what is wrong");
    }

    [Fact(Timeout = 180_000)]
    public async Task No_configuration_file() =>
        AssertRefused(await CloudFsProgram.RunAsync("mount", "--config", "/nowhere/orthanc.json"), Configuration, "/nowhere/orthanc.json");

    [Fact(Timeout = 180_000)]
    public Task No_encryption_section() =>
        AssertRefusedAsync(root => root["LocalStorage"]!.AsObject().Remove("StorageEncryption"), Configuration, "StorageEncryption");

    [Fact(Timeout = 180_000)]
    public Task No_provider_section() => AssertRefusedAsync(root => root.Remove("LocalStorage"), Configuration, "AwsS3Storage");

    [Fact(Timeout = 180_000)]
    public Task A_provider_that_is_not_served() =>
        AssertRefusedAsync(
            root =>
            {
                root.Remove("LocalStorage");
                root["GoogleCloudStorage"] = new JsonObject { ["ServiceAccountFile"] = "/nowhere", ["BucketName"] = "b" };
            },
            Configuration,
            "GoogleCloudStorage");

    [Fact(Timeout = 180_000)]
    public Task No_key_file() => AssertRefusedAsync(root => SetKeyFile(root, "/nowhere/master.key"), Keys, "/nowhere/master.key");

    [Theory(Timeout = 180_000)]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    public async Task A_key_file_that_holds_no_key(string content)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await File.WriteAllTextAsync(site.KeyFile, content);
        AssertRefused(await CloudFsProgram.RunAsync("mount", "--config", site.Configuration), Keys, site.KeyFile);
        Assert.Empty(await site.Bucket.KeysAsync());
    }

    [Fact(Timeout = 180_000)]
    public Task A_bucket_directory_that_cannot_be() =>
        AssertRefusedAsync(root => root["LocalStorage"]!["Directory"] = "/dev/null/bucket", Bucket, "/dev/null/bucket");

    [Fact(Timeout = 180_000)]
    public async Task An_S3_bucket_that_is_not_there()
    {
        CephGateway ceph = await servers.CephAsync();
        await AssertRefusedAsync(
            root => UseS3(root, ceph.Endpoint, ceph.AccessKey, ceph.SecretKey, "no-such-bucket"), Bucket, "no-such-bucket");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_wrong_secret()
    {
        CephGateway ceph = await servers.CephAsync();
        await AssertRefusedAsync(root => UseS3(root, ceph.Endpoint, ceph.AccessKey, new string('0', 40), "any"), Bucket, "any");
    }

    [Fact(Timeout = 180_000)]
    public Task An_endpoint_where_nobody_listens()
    {
        string endpoint = $"http://127.0.0.1:{LocalPort.Free(1)[0]}";
        return AssertRefusedAsync(root => UseS3(root, endpoint, "key", "secret", "any"), Bucket, endpoint);
    }

    [Fact(Timeout = 180_000)]
    public Task A_mount_point_that_is_not_there() =>
        AssertRefusedAsync(root => root["StorageDirectory"] = "/nowhere/storage", Mount, "/nowhere/storage");

    [Fact(Timeout = 180_000)]
    public async Task A_mount_point_that_is_no_directory()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        AssertRefused(await CloudFsProgram.RunAsync("mount", site.KeyFile, "--config", site.Configuration), Mount, site.KeyFile);
    }

    [Fact(Timeout = 180_000)]
    public async Task Mounting_twice()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        AssertRefused(await CloudFsProgram.RunAsync("mount", "--config", site.Configuration), Mount, "already");
        Assert.Equal(0, (await site.StatusAsync()).OpenFiles.Writing);
    }

    [Fact(Timeout = 180_000)]
    public async Task Unmounting_what_is_in_use()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        await using (File.Create(Path.Combine(site.MountPoint, "in-use")))
            AssertRefused(await CloudFsProgram.RunAsync("unmount", site.MountPoint), Mount, site.MountPoint);
        await site.UnmountAsync();
    }

    [Theory(Timeout = 180_000)]
    [InlineData("status")]
    [InlineData("unmount")]
    public async Task Where_nothing_is_mounted(string command) =>
        AssertRefused(await CloudFsProgram.RunAsync(command, Path.GetTempPath()), NotFound, Path.GetTempPath().TrimEnd('/'));

    [Fact(Timeout = 180_000)]
    public async Task Keygen_makes_a_private_key_and_never_overwrites()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        byte[] key = await File.ReadAllBytesAsync(site.KeyFile);
        Assert.Equal(32, Convert.FromBase64String(File.ReadAllText(site.KeyFile).Trim()).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(site.KeyFile));
        CommandResult again = await CloudFsProgram.RunAsync("keygen", site.KeyFile);
        AssertRefused(again, again.ExitCode, site.KeyFile);
        Assert.NotEqual(0, again.ExitCode);
        Assert.Equal(key, await File.ReadAllBytesAsync(site.KeyFile));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public async Task Check_says_ok_line_by_line(BucketKind bucket)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = bucket }, servers);
        CommandResult check = (await CloudFsProgram.RunAsync("check", "--config", site.Configuration)).Succeeded("check");
        string[] lines = check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= 4, check.Output);
        Assert.All(lines, line => Assert.Matches("^(ok|warning) ", line));
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public async Task List_and_cat_recover_without_a_mount(BucketKind bucket)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { Bucket = bucket }, servers);
        DicomInstance image = new DicomFactory(seed: 7).Create(70_000);
        await site.Rest.StoreAsync(image);
        await site.StopOrthancAsync();
        await site.UnmountAsync();

        CommandResult list = (await CloudFsProgram.RunAsync("list", "--config", site.Configuration)).Succeeded("list");
        string[] fields = Assert.Single(list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Split('\t');
        Assert.Equal("70000", fields[1]);
        CommandResult cat = (await CloudFsProgram.RunAsync("cat", fields[0], "--config", site.Configuration)).Succeeded("cat");
        Assert.Equal(image.Bytes, cat.OutputBytes.ToArray());

        string unknown = "00000000-0000-4000-8000-000000000000";
        AssertRefused(await CloudFsProgram.RunAsync("cat", unknown, "--config", site.Configuration), NotFound, unknown);

        // With another key of the same number, the object must not open.
        File.Delete(site.KeyFile);
        (await CloudFsProgram.RunAsync("keygen", site.KeyFile)).Succeeded("keygen");
        CommandResult wrongKey = await CloudFsProgram.RunAsync("cat", fields[0], "--config", site.Configuration);
        Assert.Equal(Keys, wrongKey.ExitCode);
        Assert.Contains(fields[0], wrongKey.Errors, StringComparison.Ordinal);
        Assert.Equal(0, wrongKey.OutputBytes.Length);
    }

    [Fact(Timeout = 180_000)]
    public async Task Status_is_readable_for_programs_and_people()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        string json = (await CloudFsProgram.RunAsync("status", site.MountPoint, "--json")).Succeeded("status").Output;
        using var document = JsonDocument.Parse(json);
        string[] keys = [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
        Assert.Equal(DocumentedStatusKeys().Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
        Assert.Contains(site.MountPoint, (await CloudFsProgram.RunAsync("status", site.MountPoint)).Succeeded("status").Output, StringComparison.Ordinal);
    }

    /// <summary>First column of the last table in docs/cli.md.</summary>
    private static IEnumerable<string> DocumentedStatusKeys([CallerFilePath] string here = "")
    {
        string page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "cli.md"));
        string[] rows = page[page.LastIndexOf("| key |", StringComparison.Ordinal)..].Split('\n');
        return rows.Where(row => row.StartsWith("| `", StringComparison.Ordinal)).SelectMany(row => row.Split('|')[1].Split(',')).Select(key => key.Trim(' ', '`'));
    }

    private async Task AssertRefusedAsync(Action<JsonObject> spoil, int exitCode, string named)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        JsonObject root = JsonNode.Parse(await File.ReadAllTextAsync(site.Configuration))!.AsObject();
        spoil(root);
        await File.WriteAllTextAsync(site.Configuration, root.ToJsonString());
        AssertRefused(await CloudFsProgram.RunAsync("mount", "--config", site.Configuration), exitCode, named);
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    private static void AssertRefused(CommandResult result, int exitCode, string named)
    {
        Assert.True(exitCode == result.ExitCode, $"exit code {result.ExitCode} instead of {exitCode}: {result.Errors}");
        string line = Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("orthanc-cloudfs ", line);
        Assert.Contains(named, line, StringComparison.Ordinal);
    }

    private static void SetKeyFile(JsonObject root, string path) =>
        root["LocalStorage"]!["StorageEncryption"]!["MasterKey"] = new JsonArray(1, path);

    private static void UseS3(JsonObject root, string endpoint, string accessKey, string secretKey, string bucket)
    {
        JsonNode encryption = root["LocalStorage"]!["StorageEncryption"]!.DeepClone();
        root.Remove("LocalStorage");
        root["AwsS3Storage"] = new JsonObject
        {
            ["BucketName"] = bucket,
            ["Region"] = CephGateway.Region,
            ["Endpoint"] = endpoint,
            ["AccessKey"] = accessKey,
            ["SecretKey"] = secretKey,
            ["VirtualAddressing"] = false,
            ["MaxRetries"] = 0,
            ["RequestTimeout"] = 5,
            ["StorageEncryption"] = encryption,
        };
    }
}
