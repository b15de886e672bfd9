using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Attachments;

/// <summary>What is committed cannot be changed, and owner and modes are the configuration's.</summary>
public class ImmutabilityTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_committed_attachment_refuses_every_change()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        string target = mount.PathOf(Uuids.Other);
        IReadOnlyList<CallResult> stored = await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 10_000).Skip(1));
        mount.Bucket.ClearCalls();
        IReadOnlyList<CallResult> changes = await SystemCalls.RunAsync(
            $"open f {path} O_WRONLY", $"open f {path} O_RDWR", $"open f {path} O_WRONLY|O_APPEND", $"open f {path} O_WRONLY|O_TRUNC",
            $"truncate {path} 5000",
            $"truncate {path} 20000", $"rename {path} {target}", $"link {path} {target}", $"chmod {path} 0777", $"chown {path} 1234 1234");
        Assert.All(changes, change => Assert.True(change.Error == "EPERM", change.ToString()));
        Assert.Equal("ok ok ok ok", (await SystemCalls.RunAsync($"chmod {path} 0600", $"chown {path} 0 0", $"utime {path} 1000",
            $"truncate {path} 10000")).Outcomes());
        Assert.Equal("EEXIST", (await SystemCalls.OneAsync($"open f {path} O_WRONLY|O_CREAT|O_EXCL")).Error);
        Assert.DoesNotContain(mount.Bucket.Calls, call => call.Operation is BucketOperation.Put or BucketOperation.Delete);
        IReadOnlyList<CallResult> read = await SystemCalls.SucceedAsync(OrthancCalls.Read(path));
        Assert.Equal(stored.Single(call => call.Call.StartsWith("write", StringComparison.Ordinal)).Value, read[3].Value);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_uncommitted_attachment_is_nobody_elses()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"open f {path} O_WRONLY|O_CREAT", "write f 5000", $"open g {path} O_RDONLY", $"open g {path} O_WRONLY",
            $"list {Path.GetDirectoryName(path)}", "fsync f", $"open g {path} O_RDONLY", "close f", "close g");
        Assert.Equal("ok ok EBUSY EBUSY ok ok ok ok ok", results.Outcomes());
        Assert.Equal("", results[4].Value);
    }

    [Fact(Timeout = 120_000)]
    public async Task Unlink_of_what_is_being_written_gives_it_up()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync($"open f {path} O_WRONLY|O_CREAT", "write f 5000",
            $"unlink {path}", "fsync f", "close f", $"stat {path}");
        Assert.Equal("ok ok ok EIO EIO ENOENT", results.Outcomes());
        Assert.Equal(0, mount.Bucket.Count(BucketOperation.Put));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_duplicated_descriptor_does_not_commit_an_empty_file()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", "dup f g", "close f", "write g 5000", "close g", $"stat {path}");
        Assert.Equal("ok ok ok ok ok ok", results.Outcomes());
        Assert.Equal("file 5000", results[^1].Value);
        Assert.Equal(1, mount.Bucket.Count(BucketOperation.Put));
    }
}
