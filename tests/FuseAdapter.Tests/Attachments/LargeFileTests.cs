using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Attachments;

/// <summary>Files of many times the staging memory pass through the mount, whole or not at all.</summary>
public class LargeFileTests
{
    private const int Size = 40 << 20;

    private static readonly MountSetup Small = new() { StagingBytes = 4 << 20 };

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_larger_than_the_staging_memory_is_stored_as_one_object(bool syncStorageArea)
    {
        await using StorageMount mount = StorageMount.Create(Small);
        string path = mount.PathOf(Uuids.One);

        IReadOnlyList<CallResult> stored = await SystemCalls.RunAsync(OrthancCalls.Store(path, Size, syncStorageArea: syncStorageArea).Skip(2));

        Assert.All(stored, result => Assert.Null(result.Error));
        Assert.Equal(1, mount.Memory.Count);
        Assert.Equal(0, mount.Memory.Uploads);
        Assert.Equal(1, mount.Bucket.Count(BucketOperation.CompleteUpload));
        Assert.Equal(0, mount.Bucket.Count(BucketOperation.Put));
        IReadOnlyList<CallResult> read = await SystemCalls.SucceedAsync(OrthancCalls.Read(path));
        Assert.Equal(stored[1].Value, read[3].Value);
        await SystemCalls.SucceedAsync($"unlink {path}");
        Assert.Equal(0, mount.Memory.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Any_range_of_it_reads_as_on_a_local_disk()
    {
        await using StorageMount mount = StorageMount.Create(Small);
        string path = mount.PathOf(Uuids.One);
        string local = Path.Combine(mount.StateDirectory, "same");

        await SystemCalls.ShellSucceedsAsync($"""
            set -e
            head -c {Size + 12345} /dev/urandom > {local}
            dd if={local} of={path} bs=4k conv=fsync status=none
            cmp {local} {path}
            for i in $(seq 60); do
              skip=$((RANDOM * RANDOM % {Size})) count=$((RANDOM * 7))
              cmp <(dd if={local} bs=64k skip=$skip count=$count iflag=skip_bytes,count_bytes status=none) \
                  <(dd if={path} bs=64k skip=$skip count=$count iflag=skip_bytes,count_bytes status=none)
            done
            """);

        Assert.InRange(mount.Staging.Reserved, 0, mount.Staging.Capacity);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(BucketOperation.BeginUpload)]
    [InlineData(BucketOperation.PutPart)]
    [InlineData(BucketOperation.CompleteUpload)]
    public async Task A_failure_in_the_middle_fails_fdatasync_and_leaves_nothing(BucketOperation operation)
    {
        await using StorageMount mount = StorageMount.Create(Small);
        mount.Bucket.Inject(operation, Fault.Fail(BucketErrorKind.Forbidden), times: 1);
        string path = mount.PathOf(Uuids.One);

        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(OrthancCalls.Store(path, Size));

        Assert.Contains(results, result => result.Call == "fdatasync f" && result.Error is not null);
        await AssertIsGoneAsync(path);
        Assert.Equal(0, mount.Memory.Count);
        await Eventually.TrueAsync(() => mount.Memory.Uploads == 0);
        Assert.Equal(0, mount.Staging.Reserved);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_bit_that_flips_in_the_bucket_after_the_open_is_never_read()
    {
        await using StorageMount mount = StorageMount.Create(Small);
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, Size).Skip(2));
        await SystemCalls.SucceedAsync($"open f {path} O_RDONLY", "read f 0 100", "close f"); // authenticated, and kept
        mount.Bucket.Inject(BucketOperation.Get, Fault.FlipBit(0));

        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync($"open f {path} O_RDONLY", "read f 30000000 30000100", "close f");

        Assert.Equal("ok EIO ok", results.Outcomes());
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_on_its_way_can_not_be_written_again()
    {
        await using StorageMount mount = StorageMount.Create(Small);
        string path = mount.PathOf(Uuids.One);

        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", $"write f {Size}", "pwrite f 0 4096", "fdatasync f", "close f");

        Assert.NotNull(results[3].Error);
        await AssertIsGoneAsync(path);
        Assert.Equal(0, mount.Memory.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Others_who_hold_the_rest_of_the_memory_do_not_stop_it()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { StagingBytes = 8 << 20 });
        IEnumerable<string> others = Enumerable.Range(1, 3).Select(i => $"open other{i} {mount.PathOf(Uuids.Spread(i))} O_WRONLY|O_CREAT");

        await SystemCalls.SucceedAsync([.. others, .. OrthancCalls.Store(mount.PathOf(Uuids.One), Size).Skip(2)]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Three_large_files_at_once_share_the_memory()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { StagingBytes = 8 << 20 });
        string[] paths = [.. Enumerable.Range(1, 3).Select(i => mount.PathOf(Uuids.Spread(i)))];

        IReadOnlyList<CallResult>[] stored = await Task.WhenAll(
            paths.Select((path, i) => SystemCalls.RunAsync(OrthancCalls.Store(path, Size, $"{i}").Skip(2))));

        Assert.All(stored.SelectMany(results => results), result => Assert.Null(result.Error));
        for (int i = 0; i < paths.Length; i++)
            Assert.Equal(stored[i][1].Value, (await SystemCalls.SucceedAsync(OrthancCalls.Read(paths[i])))[3].Value);
    }

    private static async Task AssertIsGoneAsync(string path)
    {
        for (int tries = 0; (await SystemCalls.OneAsync($"stat {path}")).Error != "ENOENT"; tries++)
            Assert.InRange(tries, 0, 50);
    }
}
