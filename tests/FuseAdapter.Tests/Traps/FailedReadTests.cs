using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Trap 2: Orthanc does not look at the failure of a read. So whatever is wrong with an object shows at <c>open</c>, <c>stat</c> knows the
/// attachment all the same, and no byte that was not authenticated is ever read.
/// </summary>
public class FailedReadTests
{
    private const int Size = 300_000;

    public static TheoryData<string, long> Damages => new()
    {
        { "header", 10 },
        { "first byte of content", 200 },
        { "middle", Size / 2 },
        { "last byte of the tag", -1 },
    };

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Damages))]
    public async Task A_flipped_bit_fails_open(string where, long offset)
    {
        (MountSetup setup, long length) = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        mount.Bucket.Inject(BucketOperation.Get, Fault.FlipBit(offset < 0 ? length + offset : offset));
        await AssertFailsAtOpenAsync(mount, where);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_body_that_ends_early_fails_open()
    {
        (MountSetup setup, _) = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        FaultRule cut = mount.Bucket.Inject(BucketOperation.Get, Fault.TruncateAfter(Size / 3));
        await AssertFailsAtOpenAsync(mount, "truncated body");
        Assert.InRange(cut.Hits, 2, 12); // the reading was tried again
    }

    [Fact(Timeout = 120_000)]
    public async Task A_body_that_ended_early_once_is_read_again_without_a_trace()
    {
        (MountSetup setup, _) = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        FaultRule cut = mount.Bucket.Inject(BucketOperation.Get, Fault.TruncateAfter(Size / 3), times: 1);
        Assert.Equal("ok ok ok ok ok", (await SystemCalls.RunAsync(OrthancCalls.Read(mount.PathOf(Uuids.One)))).Outcomes());
        Assert.Equal(1, cut.Hits);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_object_cut_short_in_the_bucket_fails_open()
    {
        (MountSetup setup, _) = await StoredAsync();
        await RewriteAsync(setup.Bucket!, content => content[..^1000]);
        await using StorageMount mount = StorageMount.Create(setup);
        await AssertFailsAtOpenAsync(mount, "cut object");
    }

    [Fact(Timeout = 120_000)]
    public async Task An_object_shorter_than_an_envelope_fails_open()
    {
        (MountSetup setup, _) = await StoredAsync();
        await RewriteAsync(setup.Bucket!, content => content[..20]);
        await using StorageMount mount = StorageMount.Create(setup);
        await AssertFailsAtOpenAsync(mount, "20 bytes");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_plain_object_where_encryption_is_expected_fails_open()
    {
        (MountSetup setup, _) = await StoredAsync();
        await RewriteAsync(setup.Bucket!, content => [.. Enumerable.Repeat((byte)'p', content.Length)]);
        await using StorageMount mount = StorageMount.Create(setup);
        await AssertFailsAtOpenAsync(mount, "plain object");
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_master_key_fails_open()
    {
        (MountSetup setup, _) = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup with { Key = new byte[32] });
        await AssertFailsAtOpenAsync(mount, "another key");
    }

    [Fact(Timeout = 120_000)]
    public async Task An_object_for_which_not_even_two_blocks_find_room_fails_open_with_EFBIG()
    {
        (MountSetup setup, _) = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup with { StagingBytes = 256 << 10 });
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(OrthancCalls.Read(mount.PathOf(Uuids.One)));
        Assert.Equal($"file {Size}", results[0].Value);
        Assert.Equal("EFBIG", results[1].Error);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(BucketErrorKind.Network, "EIO")]
    [InlineData(BucketErrorKind.ChecksumMismatch, "EIO")]
    [InlineData(BucketErrorKind.Forbidden, "EACCES")]
    [InlineData(BucketErrorKind.Throttled, "EAGAIN")]
    [InlineData(BucketErrorKind.Timeout, "ETIMEDOUT")]
    [InlineData(BucketErrorKind.Archived, "ENODATA")]
    public async Task A_failing_bucket_fails_open_with_its_own_error(BucketErrorKind kind, string errno)
    {
        (MountSetup setup, _) = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        string path = mount.PathOf(Uuids.One);
        // The listing makes the name known, so that open is what asks the bucket for content.
        await SystemCalls.ShellSucceedsAsync($"ls -l {Path.GetDirectoryName(path)}");
        mount.Bucket.Inject(BucketOperation.Get, Fault.Fail(kind));
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(OrthancCalls.Read(path));
        Assert.Equal($"file {Size}", results[0].Value);
        Assert.Equal(errno, results[1].Error);
        mount.Bucket.Heal();
        Assert.Equal("ok ok ok ok ok", (await SystemCalls.RunAsync(OrthancCalls.Read(path))).Outcomes());
    }

    private static async Task<(MountSetup Setup, long ObjectLength)> StoredAsync()
    {
        var setup = new MountSetup { Bucket = new MemoryBucket() };
        await using StorageMount writer = StorageMount.Create(setup);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(writer.PathOf(Uuids.One), Size).Skip(1));
        ListPage page = await setup.Bucket.ListAsync("", null, null, 10, CancellationToken.None);
        return (setup, page.Objects.Single().Length);
    }

    private static async Task RewriteAsync(MemoryBucket bucket, Func<byte[], byte[]> change)
    {
        string key = (await bucket.ListAsync("", null, null, 10, CancellationToken.None)).Objects.Single().Key;
        var stored = new BytesTarget();
        await bucket.GetAsync(key, default, stored, CancellationToken.None);
        await bucket.PutAsync(key, new BytesSource(change(stored.ToArray())), new PutOptions(), CancellationToken.None);
    }

    private static async Task AssertFailsAtOpenAsync(StorageMount mount, string what)
    {
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results =
            await SystemCalls.RunAsync($"stat {path}", $"open f {path} O_RDONLY", $"open f {path} O_RDONLY", $"stat {path}");
        Assert.True(results.Outcomes() == "ok EIO EIO ok", $"{what}: {string.Join("; ", results)}");
        Assert.Equal(2, mount.Store.Counters.OpenFailures);
        Assert.Equal(0, mount.FileSystem.OpenFiles);
        Assert.Equal(mount.Store.Counters.StagingClean, mount.Staging.Reserved);
    }
}
