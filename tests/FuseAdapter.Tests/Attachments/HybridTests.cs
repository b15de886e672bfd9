using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Attachments;

/// <summary>Attachments in the bucket and in the local directory side by side.</summary>
public class HybridTests
{
    /// <summary>In the same folder as <see cref="Uuids.One"/>.</summary>
    private const string Third = "8f3f0000-1f0e-4f3b-9a55-0c6f1d7b2a10";

    [Fact(Timeout = 120_000)]
    public async Task What_lies_in_the_local_directory_is_read_and_new_attachments_go_to_the_bucket()
    {
        await using StorageMount mount = Create(HybridStorage.WriteToBucket, Uuids.One);
        await SystemCalls.ShellSucceedsAsync($"""
            set -e
            cmp {mount.PathOf(Uuids.One)} <(echo local {Uuids.One})
            echo new > {mount.PathOf(Uuids.Other)}
            cmp {mount.PathOf(Uuids.Other)} <(echo new)
            """);
        Assert.Equal(1, mount.Memory.Count);
        Assert.Equal(0, mount.Bucket.Calls.Count(call => call.Key.Contains(Uuids.One, StringComparison.Ordinal))); // the local one cost no request
        await mount.UnmountAsync();
        Assert.False(File.Exists(mount.PathOf(Uuids.Other)));
        Assert.True(File.Exists(mount.PathOf(Uuids.One)));
    }

    [Fact(Timeout = 120_000)]
    public async Task New_attachments_go_to_the_local_directory_as_Orthanc_stores_them()
    {
        await using StorageMount mount = Create(HybridStorage.WriteToUnderlay);
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 300_000).Skip(1));
        await SystemCalls.SucceedAsync(OrthancCalls.Read(path));
        Assert.Equal((0, 0), (mount.Memory.Count, mount.Bucket.Count(BucketOperation.Put)));
        await mount.UnmountAsync();
        Assert.Equal(300_000, new FileInfo(path).Length);
        await SystemCalls.ShellSucceedsAsync($"[ $(stat -c %a {Path.GetDirectoryName(path)}) = 700 ]");
    }

    [Theory(Timeout = 120_000)]
    [InlineData(HybridStorage.WriteToBucket)]
    [InlineData(HybridStorage.WriteToUnderlay)]
    public async Task Both_kinds_are_listed_once_and_deleted(HybridStorage hybrid)
    {
        await using StorageMount mount = Create(hybrid, Uuids.One, Uuids.Other);
        // In the bucket: one of its own, and one that is in both.
        await PutAsync(mount, Uuids.Other);
        await PutAsync(mount, Third);
        await SystemCalls.ShellSucceedsAsync($"""
            set -e
            cd {mount.MountPoint}
            diff <(find . -type f | sort) <(printf '%s\n' {Relative(Uuids.One)} {Relative(Uuids.Other)} {Relative(Third)} | sort)
            rm -r ??
            test -z "$(find . -mindepth 1)"
            """);
        Assert.Equal(0, mount.Memory.Count);
        await mount.UnmountAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(mount.MountPoint));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_folder_with_local_attachments_is_not_removed()
    {
        await using StorageMount mount = Create(HybridStorage.WriteToBucket, Uuids.One);
        string folder = Path.GetDirectoryName(mount.PathOf(Uuids.One))!;
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"list {folder}", $"rmdir {folder}", $"unlink {mount.PathOf(Uuids.One)}", $"list {folder}", $"rmdir {folder}");
        Assert.Equal("ok ENOTEMPTY ok ok ok", results.Outcomes());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_bucket_that_fails_keeps_no_local_attachment_from_being_read_or_deleted()
    {
        await using StorageMount mount = Create(HybridStorage.WriteToBucket, Uuids.One);
        foreach (BucketOperation operation in Enum.GetValues<BucketOperation>())
            mount.Bucket.Inject(operation, Fault.Fail(BucketErrorKind.Forbidden));
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.ShellSucceedsAsync($"cmp {path} <(echo local {Uuids.One})");
        // It may be in the bucket too, which does not say: that delete is remembered.
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync($"unlink {path}");
        Assert.Equal("ok", results.Outcomes());
        Assert.Equal(1, mount.Store.Counters.PendingDeletes);
        await mount.UnmountAsync();
        Assert.False(File.Exists(path));
    }

    [Fact(Timeout = 120_000)]
    public async Task Placeholders_are_no_attachments_and_give_way_where_attachments_are_stored_locally()
    {
        await using (StorageMount guarded = StorageMount.Create(new MountSetup { Guarded = true, FileSystemOptions = Options(HybridStorage.WriteToBucket) }))
        {
            await SystemCalls.SucceedAsync(OrthancCalls.Store(guarded.PathOf(Uuids.One), 5000).Skip(1));
            Assert.Equal(1, guarded.Memory.Count);
        }

        await using StorageMount local = StorageMount.Create(new MountSetup
        {
            Prepare = folder =>
            {
                UnderlayGuard.Place(folder);
                File.WriteAllText(Path.Combine(folder, "ff"), "somebody's own");
                UnderlayGuard.Remove(folder);
            },
            FileSystemOptions = Options(HybridStorage.WriteToUnderlay),
        });
        await SystemCalls.SucceedAsync(OrthancCalls.Store(local.PathOf(Uuids.One), 5000).Skip(1));
        Assert.Equal(0, local.Memory.Count);
        await local.UnmountAsync();
        Assert.True(File.Exists(Path.Combine(local.MountPoint, "ff")));
    }

    [Fact(Timeout = 120_000)]
    public async Task Folders_that_come_and_go_lose_no_attachment()
    {
        await using StorageMount mount = Create(HybridStorage.WriteToUnderlay);
        await SystemCalls.ShellSucceedsAsync($$"""
            cd {{mount.MountPoint}}
            one() {
              for i in $(seq 50); do
                uuid=8f3f$(printf %04x $1)-1f0e-4f3b-9a55-0c6f1d7b2a$(printf %02x $i)
                echo $uuid > 8f/3f/$uuid || exit 1
                [ "$(cat 8f/3f/$uuid)" = $uuid ] || exit 1
                rm 8f/3f/$uuid || exit 1
              done
            }
            for n in 1 2 3 4; do one $n & pids="$pids $!"; done
            for pid in $pids; do wait $pid || exit 1; done
            """);
        await mount.UnmountAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(mount.MountPoint));
    }

    private static StorageFileSystemOptions Options(HybridStorage hybrid) => new() { Hybrid = hybrid };

    private static StorageMount Create(HybridStorage hybrid, params string[] local) => StorageMount.Create(new MountSetup
    {
        FileSystemOptions = Options(hybrid),
        Prepare = folder =>
        {
            foreach (string uuid in local)
            {
                string path = Path.Combine(folder, Relative(uuid));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, $"local {uuid}\n");
            }
        },
    });

    private static string Relative(string uuid) => $"./{uuid[..2]}/{uuid[2..4]}/{uuid}";

    private static Task PutAsync(StorageMount mount, string uuid) => mount.Memory.PutAsync(
        $"{uuid[..2]}/{uuid[2..4]}/{uuid}", new BytesSource(new byte[500]), new PutOptions(), CancellationToken.None);
}
