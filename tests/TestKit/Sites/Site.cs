using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Sites;

/// <summary>What differs from one test's site to another's.</summary>
public sealed record SiteSetup
{
    public BucketKind Bucket { get; init; } = BucketKind.Local;

    public string StorageStructure { get; init; } = "flat";

    /// <summary>Debian's stock configuration has the index in the storage directory; counting tests want it elsewhere.</summary>
    public bool IndexInStorageDirectory { get; init; } = true;

    public bool SyncStorageArea { get; init; } = true;

    public bool StorageCompression { get; init; }

    /// <summary>In MB.</summary>
    public int StagingMemory { get; init; } = 512;

    /// <summary>The plugins' key of that name; it can be changed between two mounts: <see cref="Site.ConfigureAsync"/>.</summary>
    public string HybridMode { get; init; } = "Disabled";

    /// <summary>The key of that name in "OrthancCloudFs"; null for the program's default.</summary>
    public string? WriteMode { get; init; }

    /// <summary>The user that Orthanc runs as, who owns the mount point then; null for our own.</summary>
    public string? OrthancUser { get; init; }
}

/// <summary>
/// A whole hospital in a temporary folder: key, bucket, configuration, mount point; the mount and a stock Orthanc are started by the test
/// and ended with this object.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class Site : IAsyncDisposable
{
    private SiteSetup _setup;
    private readonly string _folder;
    private readonly int _httpPort;
    private readonly int _dicomPort;

    private Site(SiteSetup setup, string folder, BucketSite bucket)
    {
        (_setup, _folder, Bucket) = (setup, folder, bucket);
        int[] ports = LocalPort.Free(2);
        (_httpPort, _dicomPort) = (ports[0], ports[1]);
    }

    public BucketSite Bucket { get; }

    public string MountPoint => Path.Combine(_folder, "storage");

    public string Configuration => Path.Combine(_folder, "orthanc.json");

    public string KeyFile => Path.Combine(_folder, "master.key");

    /// <summary>Where the program keeps what must outlive it.</summary>
    public string StateFolder => Path.Combine(_folder, "state");

    public OrthancServer? Orthanc { get; private set; }

    public OrthancRest Rest => Orthanc!.Rest;

    /// <summary>Of Orthanc's REST interface, whether it runs or not.</summary>
    public Uri RestAddress => new($"http://127.0.0.1:{_httpPort}/");

    /// <summary>Orthanc's database.</summary>
    public string IndexFile => Path.Combine(IndexFolder, "index");

    /// <summary>A folder of the test's own besides the mount.</summary>
    public string Scratch => Directory.CreateDirectory(Path.Combine(_folder, "scratch")).FullName;

    /// <summary>Where an attachment lies below the mount point.</summary>
    public string PathOf(string name) => Path.Combine(MountPoint, name[..2], name[2..4], name);

    /// <summary>Key, bucket and configuration; nothing runs yet.</summary>
    public static async Task<Site> CreateAsync(SiteSetup setup, SharedServers servers)
    {
        string folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-e2e-").FullName;
        var site = new Site(setup, folder, await BucketSite.CreateAsync(setup.Bucket, servers, folder));
        Directory.CreateDirectory(site.MountPoint);
        Directory.CreateDirectory(site.IndexFolder);
        if (setup.OrthancUser is { } user)
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            (await ExternalProgram.RunAsync("chown", $"{user}:{user}", site.MountPoint, site.IndexFolder)).Succeeded("chown");
        }

        (await CloudFsProgram.RunAsync("keygen", site.KeyFile)).Succeeded("keygen");
        await site.ConfigureAsync(setup);
        return site;
    }

    /// <summary>The same, with mount and Orthanc running.</summary>
    public static async Task<Site> StartAsync(SiteSetup setup, SharedServers servers)
    {
        Site site = await CreateAsync(setup, servers);
        try
        {
            await site.MountAsync();
            await site.StartOrthancAsync();
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the configuration that counts from the next mount, or start of Orthanc, on.</summary>
    public Task ConfigureAsync(SiteSetup setup)
    {
        _setup = setup;
        return File.WriteAllTextAsync(Configuration, ConfigurationJson().ToJsonString());
    }

    /// <summary>Changes the configuration file.</summary>
    public async Task ConfigureAsync(Action<JsonObject> change)
    {
        JsonObject root = JsonNode.Parse(await File.ReadAllTextAsync(Configuration))!.AsObject();
        change(root);
        await File.WriteAllTextAsync(Configuration, root.ToJsonString());
    }

    public Task MountAsync() => CloudFsProgram.MountAsync(Configuration);

    public Task UnmountAsync() => CloudFsProgram.UnmountAsync(MountPoint);

    public Task<CloudFsStatus> StatusAsync() => CloudFsProgram.StatusAsync(MountPoint);

    public async Task StartOrthancAsync() =>
        Orthanc = await OrthancServer.StartAsync(Configuration, _httpPort, _dicomPort, _setup.OrthancUser);

    public async Task StopOrthancAsync()
    {
        if (Orthanc is not null)
            await Orthanc.DisposeAsync();
        Orthanc = null;
    }

    /// <summary>Kills Orthanc as a crash would.</summary>
    public async Task KillOrthancAsync()
    {
        await Orthanc!.KillAsync();
        await StopOrthancAsync();
    }

    /// <summary>What happens in the mount while something is done, once all of it has come to rest.</summary>
    public async Task<CloudFsStatus> CountAsync(Func<Task> action)
    {
        CloudFsStatus before = await SettledStatusAsync();
        await action();
        return (await SettledStatusAsync()).Since(before);
    }

    /// <summary>What is left in the bucket when the deletes are done, which goes on in the background.</summary>
    public async Task<IReadOnlyList<string>> KeysOnceDeletedAsync()
    {
        IReadOnlyList<string> keys = await Bucket.KeysAsync();
        for (int attempt = 0; keys.Count > 0 && attempt < 300; attempt++)
        {
            await Task.Delay(100);
            keys = await Bucket.KeysAsync();
        }

        return keys;
    }

    /// <summary>Number of attachments that Orthanc's index knows.</summary>
    public async Task<int> CountAttachmentsAsync()
    {
        int count = 0;
        foreach (string instance in await Rest.InstancesAsync())
            count += (await Rest.AttachmentsAsync(instance)).Length;
        return count;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopOrthancAsync();
        if (Directory.Exists(_folder) && (await ExternalProgram.RunAsync("mountpoint", "-q", MountPoint)).ExitCode == 0)
        {
            CommandResult unmounted = await CloudFsProgram.RunAsync("unmount", MountPoint);
            if (unmounted.ExitCode != 0)
                await ExternalProgram.RunAsync("umount", "--lazy", MountPoint);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string IndexFolder => _setup.IndexInStorageDirectory ? MountPoint : Path.Combine(_folder, "index");

    private JsonObject ConfigurationJson()
    {
        JsonObject section = Bucket.Section();
        section["StorageStructure"] = _setup.StorageStructure;
        section["HybridMode"] = _setup.HybridMode;
        section["StorageEncryption"] = new JsonObject { ["MasterKey"] = new JsonArray(1, KeyFile) };
        var cloudFs = new JsonObject
        {
            ["StateDirectory"] = StateFolder,
            ["StagingMemory"] = _setup.StagingMemory,
        };
        if (_setup.WriteMode is { } writeMode)
            cloudFs["WriteMode"] = writeMode;
        return new JsonObject
        {
            ["Name"] = "Test",
            ["StorageDirectory"] = MountPoint,
            ["IndexDirectory"] = IndexFolder,
            ["SyncStorageArea"] = _setup.SyncStorageArea,
            ["StorageCompression"] = _setup.StorageCompression,
            ["MaximumStorageCacheSize"] = 0, // every read reaches the storage directory
            ["HttpPort"] = _httpPort,
            ["DicomPort"] = _dicomPort,
            ["DicomAet"] = "ORTHANC",
            ["DicomAlwaysAllowStore"] = true,
            ["RemoteAccessAllowed"] = false, // 127.0.0.1 only
            ["AuthenticationEnabled"] = false,
            [Bucket.SectionName] = section,
            ["OrthancCloudFs"] = cloudFs,
        };
    }

    /// <summary>The kernel gives files up in the background: two answers alike, with nothing open, are the end of it.</summary>
    private async Task<CloudFsStatus> SettledStatusAsync()
    {
        CloudFsStatus last = await StatusAsync();
        for (int attempt = 0; attempt < 50; attempt++)
        {
            await Task.Delay(100);
            CloudFsStatus now = await StatusAsync();
            if (now.OpenFiles == new OpenFileCounts(0, 0) && now.Since(last).Counts.Length == 0)
                return now;
            last = now;
        }

        throw new TimeoutException("the mount does not come to rest");
    }
}
