using System.Diagnostics;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Trap 1: Orthanc does not look at the failure of its last write. So a write that failed, or never took place, makes every later fsync
/// and the close fail, and the file never reaches the bucket.
/// </summary>
public class FailedWriteTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_write_for_which_there_is_no_room_fails_the_file_for_good()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup
        {
            StagingBytes = 1 << 20, // too little for parts
            StoreOptions = new AttachmentStoreOptions { GrowthPatience = TimeSpan.FromMilliseconds(500) },
        });
        // Three others hold their shares; the fourth outgrows its own and finds nothing left.
        IEnumerable<string> others = Enumerable.Range(1, 3).Select(i => $"open other{i} {mount.PathOf(Uuids.Spread(i))} O_WRONLY|O_CREAT");
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            [.. others, $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", $"write f {512 << 10}", "fdatasync f", "fdatasync f", "close f"]);
        Assert.Equal("ok ok ok ok", results.Take(4).Outcomes());
        Assert.NotNull(results[5].Error);
        Assert.NotNull(results[6].Error);
        await AssertIsGoneAsync(path);
        Assert.Equal(0, mount.Bucket.Calls.Count(
            call => call.Operation == BucketOperation.Put && call.Key.Contains(Uuids.One, StringComparison.Ordinal)));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("pwrite f 65536 100")] // skips 16 pages
    [InlineData("ftruncate f 100000")] // adds bytes that are never written
    public async Task A_hole_fails_fdatasync_and_close(string call)
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", "write f 4096", call, "fdatasync f", "fdatasync f", "close f");
        Assert.Equal("ok ok ok EIO EIO EIO", results.Outcomes());
        await AssertIsGoneAsync(path);
        Assert.Equal(0, mount.Bucket.Count(BucketOperation.Put));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_without_a_hole_that_was_written_backwards_is_stored()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", "pwrite f 8192 5000 3", "pwrite f 4096 4096 2", "pwrite f 0 4096 1", "fdatasync f",
            "close f", $"stat {path}");
        Assert.Equal("ok ok ok ok ok ok ok", results.Outcomes());
        Assert.Equal("file 13192", results[^1].Value);
        Assert.Equal(1, mount.Memory.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_writer_that_is_killed_leaves_nothing()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        using Process writer = SystemCalls.Start("/usr/bin/python3", "-c", $"""
            import os, sys, time
            f = os.open('{path}', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(f, b'x' * 300000)
            print('written', flush=True)
            time.sleep(600)
            """);
        Assert.Equal("written", await writer.StandardOutput.ReadLineAsync());
        writer.Kill();
        await writer.WaitForExitAsync();
        await Eventually.TrueAsync(() => mount.Store.Counters is { OpenWriters: 0, CommitFailures: 1 });
        Assert.Equal(0, mount.Bucket.Count(BucketOperation.Put));
        Assert.Equal(0, mount.Staging.Reserved);
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {path}")).Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_name_of_a_failed_file_can_be_stored_again()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        FaultRule refused = mount.Bucket.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Forbidden), times: 1);
        Assert.Equal("EACCES", (await SystemCalls.RunAsync(OrthancCalls.Store(path, 5000)))[4].Error);
        Assert.Equal(1, refused.Hits);
        Assert.Equal("ENOENT ok ok ok ok ok", (await SystemCalls.RunAsync(OrthancCalls.Store(path, 5000))).Outcomes());
        Assert.Equal(1, mount.Memory.Count);
    }

    /// <summary>The kernel's cache is told of the failure only after the call has returned.</summary>
    private static async Task AssertIsGoneAsync(string path)
    {
        for (int tries = 0; (await SystemCalls.OneAsync($"stat {path}")).Error != "ENOENT"; tries++)
            Assert.InRange(tries, 0, 20);
    }
}
