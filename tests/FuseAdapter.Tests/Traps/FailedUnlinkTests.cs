using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Trap 3: Orthanc ignores the failure of <c>unlink</c> and forgets the attachment at once. So the mount remembers a delete that the bucket
/// did not confirm, on disk and over restarts, until it has.
/// </summary>
public sealed class FailedUnlinkTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("orthanc-cloudfs-state-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Theory(Timeout = 120_000)]
    [InlineData(BucketErrorKind.Forbidden)]
    [InlineData(BucketErrorKind.Throttled)]
    [InlineData(BucketErrorKind.Timeout)]
    [InlineData(BucketErrorKind.Network)]
    [InlineData(BucketErrorKind.ProviderFailure)]
    public async Task A_refused_delete_is_remembered_over_a_restart_and_done(BucketErrorKind kind)
    {
        var setup = new MountSetup { Bucket = new MemoryBucket(), StateDirectory = _state };
        await using (StorageMount mount = StorageMount.Create(setup))
        {
            string path = mount.PathOf(Uuids.One);
            await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 20_000).Skip(1));
            mount.Bucket.Inject(BucketOperation.Delete, Fault.Fail(kind));
            IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
                $"unlink {path}", $"stat {path}", $"open f {path} O_RDONLY", $"list {Path.GetDirectoryName(path)}", $"unlink {path}");
            Assert.Equal("ok ENOENT ENOENT ok ENOENT", results.Outcomes());
            Assert.Equal("", results[3].Value);
            Assert.Equal(1, setup.Bucket.Count);
            Assert.Equal("600\n", await SystemCalls.ShellSucceedsAsync($"stat -c %a {_state}/* | sort -u"));
        }

        Assert.Equal(1, setup.Bucket.Count);
        await using (StorageMount mount = StorageMount.Create(setup))
        {
            Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {mount.PathOf(Uuids.One)}")).Error);
            await Eventually.TrueAsync(() => setup.Bucket.Count == 0 && mount.Store.Counters.PendingDeletes == 0);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_delete_that_hangs_does_not_hold_up_unlink()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { StateDirectory = _state });
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 20_000).Skip(1));
        FaultRule stalled = mount.Bucket.Inject(BucketOperation.Delete, Fault.Stall(), times: 1);
        CallResult unlinked = await SystemCalls.OneAsync($"unlink {path}");
        Assert.Null(unlinked.Error);
        Assert.InRange(unlinked.Seconds, 0, 10);
        await stalled.Reached;
        Assert.Equal((1, 1), (mount.Memory.Count, mount.Store.Counters.PendingDeletes));
        stalled.Release();
        await Eventually.TrueAsync(() => mount.Memory.Count == 0 && mount.Store.Counters.PendingDeletes == 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_answer_to_a_delete_that_took_place_may_get_lost()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { StateDirectory = _state });
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 20_000).Skip(1));
        mount.Bucket.Inject(BucketOperation.Delete, Fault.LoseAnswer(), times: 1);
        Assert.Equal("ok ENOENT", (await SystemCalls.RunAsync($"unlink {path}", $"stat {path}")).Outcomes());
        await Eventually.TrueAsync(() => mount.Memory.Count == 0 && mount.Store.Counters.PendingDeletes == 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_name_is_busy_until_the_delete_is_confirmed_and_free_afterwards()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { StateDirectory = _state });
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 20_000).Skip(1));
        mount.Bucket.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.Forbidden));
        Assert.Equal("ok EBUSY", (await SystemCalls.RunAsync($"unlink {path}", $"open f {path} O_WRONLY|O_CREAT")).Outcomes());
        mount.Bucket.Heal();
        await Eventually.TrueAsync(() => mount.Memory.Count == 0 && mount.Store.Counters.PendingDeletes == 0, seconds: 40);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 30_000, "2").Skip(1));
        Assert.Equal(1, mount.Memory.Count);
    }
}
