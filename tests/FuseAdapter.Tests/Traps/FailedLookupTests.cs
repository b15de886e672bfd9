using OrthancCloudFs.Buckets;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Trap 5: to Orthanc, a missing attachment is normal and an existing one an error. So only the bucket's own "no such object" is ENOENT, and
/// a failure is never kept as an absence.
/// </summary>
public class FailedLookupTests
{
    public static TheoryData<BucketErrorKind, string, bool> Failures
    {
        get
        {
            var rows = new TheoryData<BucketErrorKind, string, bool>();
            foreach (bool legacy in new[] { true, false })
            {
                rows.Add(BucketErrorKind.Forbidden, "EACCES", legacy);
                rows.Add(BucketErrorKind.Unauthenticated, "EACCES", legacy);
                rows.Add(BucketErrorKind.NoSuchBucket, "EIO", legacy);
                rows.Add(BucketErrorKind.Throttled, "EAGAIN", legacy);
                rows.Add(BucketErrorKind.ProviderFailure, "EIO", legacy);
                rows.Add(BucketErrorKind.Timeout, "ETIMEDOUT", legacy);
                rows.Add(BucketErrorKind.Network, "EIO", legacy);
            }

            return rows;
        }
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Failures))]
    public async Task A_failing_look_up_is_never_ENOENT_and_is_not_remembered(BucketErrorKind kind, string errno, bool legacy)
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { Legacy = legacy });
        string path = mount.PathOf(Uuids.One);
        foreach (BucketOperation operation in new[] { BucketOperation.Get, BucketOperation.Head, BucketOperation.List })
            mount.Bucket.Inject(operation, Fault.Fail(kind));
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"stat {path}", $"open f {path} O_RDONLY", $"open f {path} O_WRONLY|O_CREAT|O_TRUNC", $"unlink {path}",
            $"list {Path.GetDirectoryName(path)}");
        Assert.Equal($"{errno} {errno} {errno} ok {errno}", results.Outcomes()); // the delete is remembered: UnansweredNameTests
        mount.Bucket.Heal();
        Assert.Equal("ENOENT", (await SystemCalls.OneAsync($"stat {path}")).Error);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(BucketErrorKind.Forbidden, "EACCES")]
    [InlineData(BucketErrorKind.Throttled, "EAGAIN")]
    public async Task A_search_that_fails_behind_a_missing_usual_name_is_no_absence(BucketErrorKind kind, string errno)
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { Legacy = false });
        mount.Bucket.Inject(BucketOperation.List, Fault.Fail(kind));
        Assert.Equal(errno, (await SystemCalls.OneAsync($"stat {mount.PathOf(Uuids.One)}")).Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_absence_is_remembered_until_the_name_is_stored()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync([$"stat {path}", $"stat {path}", $"stat {path}"]);
        Assert.Equal("ENOENT ENOENT ENOENT", results.Outcomes());
        Assert.Single(mount.Bucket.Calls);
        await SystemCalls.SucceedAsync([.. OrthancCalls.Store(path, 1000).Skip(1), $"stat {path}"]);
    }
}
