using System.Text;
using System.Text.Json.Nodes;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>Keys, secrets and content are nowhere that somebody without a right to them may look.</summary>
public sealed class SecrecyTests(SharedServers servers)
{
    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Ceph)]
    [InlineData(BucketKind.Azurite)]
    public async Task Nothing_that_others_may_see_holds_a_secret_at_any_level(BucketKind kind)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = kind }, servers);
        string[] credentials = kind == BucketKind.Ceph ? [(await servers.CephAsync()).SecretKey] : [AccountKey((await servers.AzuriteAsync()).ConnectionString)];
        await site.ConfigureAsync(root =>
        {
            root["OrthancCloudFs"]!["LogLevel"] = "Trace";
            if (kind == BucketKind.Ceph)
                root["AwsS3Storage"]!["EnableAwsSdkLogs"] = true;
        });
        List<string> seen = [];
        void See(CommandResult result) => seen.AddRange([result.Output, result.Errors]);

        See((await site.RunAsync("mount")).Succeeded("mount"));
        DicomInstance image = new DicomFactory(seed: 8).Create(50_000, patientName: "SECRET^SUSAN");
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, image.Bytes);
        Assert.Equal(image.Bytes, await File.ReadAllBytesAsync(site.PathOf(name)));
        MountProcess process = await MountProcess.OfAsync(site);
        IReadOnlyList<string> shown = process.CommandLinesAndEnvironments();
        Assert.Contains("mount", shown[0]);
        seen.AddRange(shown);
        See(await CloudFsProgram.RunAsync("status", site.MountPoint, "--json"));
        See(await CloudFsProgram.RunAsync("status", site.MountPoint));
        See(await site.RunAsync("check"));
        See(await site.RunAsync("list"));

        // A delete that stays pending, and reads and writes that fail, because somebody else removed what is used.
        await site.Bucket.DestroyAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => site.WriteAttachmentAsync(SiteFiles.NewName(), image.Bytes));
        File.Delete(site.PathOf(name));
        CommandResult unmounted = await CloudFsProgram.RunAsync("unmount", site.MountPoint);
        Assert.Equal(8, unmounted.ExitCode);
        See(unmounted);
        CommandResult refused = await site.RunAsync("cat", name);
        Assert.NotEqual(0, refused.ExitCode);
        See(refused);

        string log = await site.ReadLogAsync();
        Assert.Contains("Mounted", log);
        if (kind == BucketKind.Ceph)
            Assert.Contains("Amazon", log);
        string state = Path.Combine(Path.GetDirectoryName(site.MountPoint)!, "state");
        seen.AddRange(Directory.EnumerateFiles(state, "*", SearchOption.AllDirectories).Select(path => File.ReadAllText(path, Encoding.Latin1)));
        string key = (await File.ReadAllTextAsync(site.KeyFile)).Trim();
        byte[] raw = Convert.FromBase64String(key);
        string[] secrets =
        [
            .. credentials, key, Encoding.Latin1.GetString(raw), Convert.ToHexString(raw), Convert.ToHexStringLower(raw), image.PatientName,
            Encoding.Latin1.GetString(image.Bytes.AsSpan(30_000, 16)),
        ];
        foreach (string secret in secrets)
            Assert.All(seen, text => Assert.False(text.Contains(secret, StringComparison.Ordinal), "a secret is shown"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_user_cannot_enter_what_belongs_to_Orthanc()
    {
        await using Site site = await Site.StartAsync(new SiteSetup { OrthancUser = "orthanc" }, servers);
        await site.Rest.StoreAsync(new DicomFactory(seed: 9).Create(50_000));
        string file = Directory.EnumerateFiles(site.MountPoint, "*-*-*-*-*", SearchOption.AllDirectories).Single();
        Assert.Equal("orthanc orthanc 600", await StatAsync(file));
        Assert.Equal("orthanc orthanc 700", await StatAsync(Path.GetDirectoryName(file)!));
        Assert.Equal("orthanc orthanc 700", await StatAsync(site.MountPoint));
        foreach (string target in new[] { file, Path.Combine(site.MountPoint, "index"), site.MountPoint })
        {
            CommandResult refused = await ExternalProgram.RunAsync(
                "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "ls", "-l", target);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("Permission denied", refused.Errors, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_damaged_object_gives_out_nothing()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, SiteFiles.RandomContent(2_000_000));
        await site.UnmountAsync();
        JsonNode configuration = JsonNode.Parse(await File.ReadAllTextAsync(site.Configuration))!;
        string stored = Path.Combine((string)configuration["LocalStorage"]!["Directory"]!, Assert.Single(await site.Bucket.KeysAsync()));
        byte[] content = await File.ReadAllBytesAsync(stored);
        content[^100] ^= 1;
        await File.WriteAllBytesAsync(stored, content);

        CommandResult cat = await site.RunAsync("cat", name);
        Assert.Equal(4, cat.ExitCode);
        Assert.Equal(0, cat.OutputBytes.Length);
        await site.MountAsync();
        Assert.ThrowsAny<IOException>(() => File.OpenRead(site.PathOf(name)));
    }

    private static string AccountKey(string connectionString) =>
        connectionString.Split(';').Single(part => part.StartsWith("AccountKey=", StringComparison.Ordinal))["AccountKey=".Length..];

    private static async Task<string> StatAsync(string path) =>
        (await ExternalProgram.RunAsync("stat", "--format=%U %G %a", path)).Succeeded("stat").Output.TrimEnd();
}
