using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Orthanc ignores what unlink answers, and the kernel looks a name up before it unlinks it: a bucket that gives no answer to the look-up must
/// not keep the delete from being remembered. For every other call the name stays an error.
/// </summary>
public sealed class UnansweredNameTests
{
    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_cannot_be_looked_up_can_be_deleted_and_goes_when_the_bucket_is_back(bool usualKey)
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { Legacy = false });
        string path = mount.PathOf(Uuids.One);
        string key = $"{Uuids.One}{(usualKey ? ".dcm.enc" : ".unk.enc")}";
        await mount.Memory.PutAsync(key, new BytesSource(new byte[500]), new PutOptions(), default);
        Away(mount);

        CallResult unlink = await SystemCalls.OneAsync($"unlink {path}");
        CallResult after = await SystemCalls.OneAsync($"stat {path}");

        Assert.Null(unlink.Error);
        Assert.Equal("ENOENT", after.Error);
        Assert.Equal(1, mount.Memory.Count);
        mount.Bucket.Heal();
        await Eventually.TrueAsync(() => mount.Memory.Count == 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task To_all_other_calls_it_is_neither_there_nor_missing()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        Away(mount);

        foreach (string call in new[] { $"stat {path}", $"open f {path} O_RDONLY", $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", $"open f {path} O_WRONLY" })
            Assert.Equal("EIO", (await SystemCalls.OneAsync(call)).Error);

        mount.Bucket.Heal();
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {path}")).Error);
    }

    private static void Away(StorageMount mount)
    {
        foreach (BucketOperation operation in Enum.GetValues<BucketOperation>())
            mount.Bucket.Inject(operation, Fault.Fail(BucketErrorKind.Network));
    }
}
