using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Sites;

namespace OrthancCloudFs.WinFspAdapter.Tests.Program;

/// <summary>Key, bucket and configuration in a temporary folder, as somebody who follows docs/windows.md has them.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsSite : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("windows-site-");
    private BucketSite? _bucket;

    public BucketSite Bucket => _bucket!;

    public string MountPoint => Path.Combine(_folder.FullName, "storage");

    public string Configuration => Path.Combine(_folder.FullName, "orthanc.json");

    public string KeyFile => Path.Combine(_folder.FullName, "master.key");

    public string StateFolder => Path.Combine(_folder.FullName, "state");

    public static async Task<WindowsSite> CreateAsync(BucketKind kind, SharedServers servers, Action<JsonObject>? change = null)
    {
        var site = new WindowsSite();
        site._bucket = await BucketSite.CreateAsync(kind, servers, site._folder.FullName);
        (await CloudFsProgram.RunAsync("keygen", site.KeyFile)).Succeeded("keygen");
        JsonObject section = site.Bucket.Section();
        section["StorageStructure"] = "flat";
        section["StorageEncryption"] = new JsonObject { ["MasterKey"] = new JsonArray(1, site.KeyFile) };
        var root = new JsonObject
        {
            ["StorageDirectory"] = site.MountPoint,
            [site.Bucket.SectionName] = section,
            ["OrthancCloudFs"] = new JsonObject { ["StateDirectory"] = site.StateFolder, ["StagingMemory"] = 64 },
        };
        change?.Invoke(root);
        await File.WriteAllTextAsync(site.Configuration, root.ToJsonString());
        return site;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
