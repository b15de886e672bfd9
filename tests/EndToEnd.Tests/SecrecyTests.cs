using System.Text.Json.Nodes;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>Keys, secrets and content are nowhere that somebody without a right to them may look.</summary>
public sealed class SecrecyTests(SharedServers servers)
{
    [Fact(Timeout = 180_000)]
    public async Task Log_status_and_process_table_hold_nothing_secret()
    {
        CephGateway ceph = await servers.CephAsync();
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = BucketKind.Ceph }, servers);
        await site.ConfigureAsync(root => root["OrthancCloudFs"]!["LogLevel"] = "Trace");
        CommandResult mount = (await site.RunAsync("mount")).Succeeded("mount");
        DicomInstance image = new DicomFactory(seed: 8).Create(50_000, patientName: "SECRET^SUSAN");
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, image.Bytes);
        Assert.Equal(image.Bytes, await File.ReadAllBytesAsync(site.PathOf(name)));
        int processId = (await site.StatusAsync()).ProcessId;
        string processTable = await File.ReadAllTextAsync($"/proc/{processId}/cmdline"); // what ps(1) shows
        string log = await site.ReadLogAsync();
        string[] seen =
        [
            mount.Output,
            mount.Errors,
            (await CloudFsProgram.RunAsync("status", site.MountPoint, "--json")).Output,
            (await CloudFsProgram.RunAsync("status", site.MountPoint)).Output,
            processTable,
            (await site.RunAsync("check")).Output,
            log,
        ];
        string key = (await File.ReadAllTextAsync(site.KeyFile)).Trim();
        foreach (string secret in new[] { key, ceph.SecretKey, image.PatientName })
            Assert.All(seen, text => Assert.DoesNotContain(secret, text));
        Assert.Contains("Mounted", log);
        Assert.Contains("mount", processTable);
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

    private static async Task<string> StatAsync(string path) =>
        (await ExternalProgram.RunAsync("stat", "--format=%U %G %a", path)).Succeeded("stat").Output.TrimEnd();
}
