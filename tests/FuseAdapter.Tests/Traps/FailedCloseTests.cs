using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Traps 4 and 6: with <c>SyncStorageArea</c> off, <c>close</c> carries the only error; and whatever fails a store leaves nothing in the
/// bucket, now or later.
/// </summary>
public class FailedCloseTests
{
    public static TheoryData<BucketErrorKind, string> Failures => new()
    {
        { BucketErrorKind.Forbidden, "EACCES" },
        { BucketErrorKind.Unauthenticated, "EACCES" },
        { BucketErrorKind.NoSuchBucket, "EIO" },
        { BucketErrorKind.Throttled, "EAGAIN" },
        { BucketErrorKind.ProviderFailure, "EIO" },
        { BucketErrorKind.Timeout, "ETIMEDOUT" },
        { BucketErrorKind.Network, "EIO" },
        { BucketErrorKind.ChecksumMismatch, "EIO" },
        { BucketErrorKind.NoSpace, "ENOSPC" },
    };

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Failures))]
    public async Task Close_carries_the_error_of_the_put(BucketErrorKind kind, string errno)
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        mount.Bucket.Inject(BucketOperation.Put, Fault.Fail(kind));
        IReadOnlyList<CallResult> results =
            await SystemCalls.RunAsync([.. OrthancCalls.Store(path, 100_000, syncStorageArea: false), .. OrthancCalls.Delete(path)]);
        Assert.Equal($"ENOENT ok ok ok {errno}", results.Take(5).Outcomes());
        await AssertNothingRemainsAsync(mount, path);
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Failures))]
    public async Task Fdatasync_carries_the_error_of_the_put_and_close_repeats_it(BucketErrorKind kind, string errno)
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        mount.Bucket.Inject(BucketOperation.Put, Fault.Fail(kind));
        IReadOnlyList<CallResult> results =
            await SystemCalls.RunAsync([.. OrthancCalls.Store(path, 100_000), .. OrthancCalls.Delete(path)]);
        Assert.Equal($"ENOENT ok ok ok {errno} {errno}", results.Take(6).Outcomes());
        await AssertNothingRemainsAsync(mount, path);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_put_without_an_answer_that_nothing_can_be_asked_of_fails_and_the_object_is_deleted()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        mount.Bucket.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);
        mount.Bucket.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        mount.Bucket.Inject(BucketOperation.Get, Fault.Fail(BucketErrorKind.Network), keys: _ => mount.Bucket.Count(BucketOperation.Put) > 0);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(OrthancCalls.Store(path, 100_000));
        Assert.Equal("ENOENT ok ok ok EIO EIO", results.Outcomes());
        mount.Bucket.Heal();
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {path}")).Error);
        await Eventually.TrueAsync(() => mount.Memory.Count == 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_put_whose_answer_was_lost_once_is_recognised_and_succeeds()
    {
        await using StorageMount mount = StorageMount.Create();
        mount.Bucket.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(OrthancCalls.Store(mount.PathOf(Uuids.One), 100_000));
        Assert.Equal("ENOENT ok ok ok ok ok", results.Outcomes());
        Assert.Equal(1, mount.Memory.Count);
        Assert.Equal(2, mount.Bucket.Count(BucketOperation.Put));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_object_of_somebody_else_is_never_overwritten()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {path}")).Error);
        await using (StorageMount other = StorageMount.Create(new MountSetup { Bucket = mount.Memory }))
            await SystemCalls.SucceedAsync(OrthancCalls.Store(other.PathOf(Uuids.One), 5000, "other").Skip(1));
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(OrthancCalls.Store(path, 100_000).Skip(2));
        Assert.Equal("ok ok EEXIST EEXIST", results.Outcomes());
        Assert.InRange((await mount.Memory.ListAsync("", null, null, 10, CancellationToken.None)).Objects.Single().Length, 5000, 6000);
    }

    private static async Task AssertNothingRemainsAsync(StorageMount mount, string path)
    {
        Assert.Equal(0, mount.Memory.Count);
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {path}")).Error);
        Assert.Equal(0, mount.Store.Counters.OpenWriters);
        await Eventually.TrueAsync(() => mount.Staging.Reserved == mount.Store.Counters.StagingClean);
        Assert.Equal(0, mount.FileSystem.OpenFiles);
    }
}
