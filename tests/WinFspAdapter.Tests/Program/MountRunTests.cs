using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Program.Kernel;
using OrthancCloudFs.Program.Mounting;
using OrthancCloudFs.TestKit.Sites;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests.Program;

/// <summary>
/// Adapter against a WinFsp stub under Wine: the program's own mount, from Orthanc's configuration to the bucket, in this process, where the stub
/// plays the driver.
/// </summary>
[SupportedOSPlatform("windows")]
public sealed class MountRunTests(MountRunTests.Servers servers) : IClassFixture<MountRunTests.Servers>
{
    [Theory]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public async Task What_is_stored_is_encrypted_in_the_bucket_reads_back_verified_and_is_deleted(BucketKind kind)
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(kind, servers.Shared);
        string name = StorageVolume.NewName(), large = StorageVolume.NewName();
        byte[] content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("An image of a patient. ", 20_000)));
        byte[] largeContent = StorageVolume.Bytes(80_000_000); // more than the staging memory
        await using (RunningMount mount = await RunningMount.StartAsync(site))
        {
            Store(site, name, content, block: 4096);
            Store(site, large, largeContent, block: 1 << 20);
            Assert.Equal(content, Read(site, name));

            byte[] stored = await site.Bucket.ReadAsync(Assert.Single(await site.Bucket.KeysAsync(), key => key.Contains(name, StringComparison.Ordinal)));
            Assert.True(stored.AsSpan().IndexOf("patient"u8) < 0, "it lies in the bucket in plain");
            Assert.Equal(content, Open(site, stored));
        }

        // What another mount reads comes from the bucket.
        await using (RunningMount mount = await RunningMount.StartAsync(site))
        {
            Assert.Equal(content, Read(site, name.ToUpperInvariant()));
            Assert.Equal(largeContent, Read(site, large));
            foreach (string gone in new[] { name, large })
            {
                using StubFile file = StubFile.Open(site.MountPoint, StorageVolume.PathOf(gone), Disposition.Open, Access.Delete);
                file.MarkDeleted();
            }
        }

        Assert.Empty(await site.Bucket.KeysAsync());
        Assert.Equal(0, await site.Bucket.CountUploadsAsync());
        Assert.False(Directory.Exists(site.MountPoint));
    }

    [Fact]
    public async Task An_object_that_was_changed_in_the_bucket_is_refused_at_open()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, servers.Shared);
        string name = StorageVolume.NewName();
        await using (RunningMount mount = await RunningMount.StartAsync(site))
            Store(site, name, StorageVolume.Bytes(10_000), block: 4096);
        string path = Directory.EnumerateFiles(Path.GetDirectoryName(site.KeyFile)!, $"{name}*", SearchOption.AllDirectories).Single();
        byte[] stored = await File.ReadAllBytesAsync(path);
        stored[^100] ^= 1;
        await File.WriteAllBytesAsync(path, stored);

        await using RunningMount again = await RunningMount.StartAsync(site);

        Assert.Equal(NtStatus.CrcError, Assert.Throws<StubException>(() => Read(site, name)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_mount_is_away_Orthanc_cannot_make_its_folder(bool isGuarded)
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(
            BucketKind.Local, servers.Shared, root => root["OrthancCloudFs"]!["GuardUnderlay"] = isGuarded);
        for (int mounts = 0; mounts < 2; mounts++)
        {
            await using (RunningMount mount = await RunningMount.StartAsync(site))
                Store(site, StorageVolume.NewName(), [1, 2, 3], block: 4096);
            Assert.Equal(isGuarded, File.Exists(site.MountPoint));
        }

        Exception? made = Record.Exception(() => Directory.CreateDirectory(Path.Combine(site.MountPoint, "aa", "bb")));
        Assert.Equal(isGuarded, made is IOException);
        MountException? refusal = (MountException?)await Record.ExceptionAsync(async () =>
        {
            await using RunningMount mount = await RunningMount.StartAsync(site);
        });
        Assert.Equal(isGuarded, refusal is null);
    }

    [Fact]
    public async Task It_is_a_drive_where_the_mount_point_is_a_free_letter()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, servers.Shared, root => root["StorageDirectory"] = @"Q:\");
        string name = StorageVolume.NewName();
        await using RunningMount mount = await RunningMount.StartAsync(site);
        using StubFile file = StubFile.Open("Q:", StorageVolume.PathOf(name), Disposition.CreateAlways, Access.Read | Access.Write);
        file.Write([1, 2, 3], 0);
        file.Flush();
        Assert.Single(await site.Bucket.KeysAsync());
    }

    [Fact]
    public async Task A_drive_that_exists_is_refused()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, servers.Shared);
        string drive = Path.GetPathRoot(site.KeyFile)!;
        Assert.Contains("exists already", new WindowsMountPoint(drive).FindFault(), StringComparison.Ordinal);
        Assert.Null(new WindowsMountPoint(@"Q:\").FindFault());
    }

    [Fact]
    public async Task A_mount_that_the_driver_takes_away_is_a_failure()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, servers.Shared);
        RunningMount mount = await RunningMount.StartAsync(site);
        Store(site, StorageVolume.NewName(), [1, 2, 3], block: 4096);

        StubDriver.StubTakeAway(site.MountPoint);

        MountException failure = await Assert.ThrowsAsync<MountException>(async () => await mount.DisposeAsync());
        Assert.Contains("taken", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hybrid_mode_is_refused()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(
            BucketKind.Local, servers.Shared, root => root["LocalStorage"]!["HybridMode"] = "WriteToObjectStorage");
        ConfigurationException refusal = await Assert.ThrowsAsync<ConfigurationException>(() => RunningMount.StartAsync(site));
        Assert.Contains("HybridMode", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_attachment_stays_on_the_local_disk()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, servers.Shared);
        await using RunningMount mount = await RunningMount.StartAsync(site);
        using (StubFile index = StubFile.Open(site.MountPoint, @"\index", Disposition.Create, Access.Read | Access.Write))
            index.Write([1, 2, 3], 0);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(site.StateFolder, "underlay", "index")));
        Assert.Empty(await site.Bucket.KeysAsync());
    }

    private static void Store(WindowsSite site, string name, byte[] content, int block)
    {
        using StubFile file = StubFile.Open(site.MountPoint, StorageVolume.PathOf(name), Disposition.CreateAlways, Access.Read | Access.Write);
        file.WriteAll(content, block);
        file.Flush();
    }

    private static byte[] Read(WindowsSite site, string name)
    {
        using StubFile file = StubFile.Open(site.MountPoint, StorageVolume.PathOf(name), Disposition.Open, Access.Read);
        return file.ReadAll();
    }

    /// <summary>Takes an object apart with the key of the site, as another program would.</summary>
    private static byte[] Open(WindowsSite site, byte[] stored)
    {
        using var keys = new MasterKeyRing(new MasterKey(1, Convert.FromBase64String(File.ReadAllText(site.KeyFile))), []);
        var envelope = new A1Envelope(keys, CipherBackends.Choose());
        Memory<byte> content = stored.AsMemory(envelope.HeaderLength..^envelope.TrailerLength);
        envelope.Open(stored.AsSpan(0, envelope.HeaderLength), [content], stored.AsSpan(stored.Length - envelope.TrailerLength));
        return content.ToArray();
    }

    /// <summary>One for all tests of the class.</summary>
    public sealed class Servers : IAsyncDisposable
    {
        public SharedServers Shared { get; } = new();

        public ValueTask DisposeAsync() => Shared.DisposeAsync();
    }

    /// <summary>The program's mount; disposal unmounts as the end of the program does, and fails if anything is pending.</summary>
    private sealed class RunningMount : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<PendingWork> _run;

        private RunningMount(Task<PendingWork> run, CancellationTokenSource stop) => (_run, _stop) = (run, stop);

        public static async Task<RunningMount> StartAsync(WindowsSite site)
        {
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var stop = new CancellationTokenSource();
            var run = new MountRun(OrthancConfigurationReader.Read(site.Configuration), readOnly: false, patience: null, NullLoggerFactory.Instance);
            Task<PendingWork> running = Task.Run(() => run.RunAsync(ready.SetResult, stop.Token));
            await await Task.WhenAny(ready.Task, running);
            return new RunningMount(running, stop);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            Assert.True((await _run).IsNone, "the bucket has not confirmed everything");
            _stop.Dispose();
        }
    }
}
