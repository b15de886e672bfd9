using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>Deletes that are due together are one request where the provider has one, and each of them is still kept until it is confirmed.</summary>
public sealed class DeleteBatchTests
{
    private static readonly StoreSetup Batching = new() { KeysPerDelete = 10 };

    [Fact]
    public async Task One_delete_alone_is_a_plain_one()
    {
        await using var harness = new StoreHarness(Batching);
        AttachmentInfo info = await harness.StoreAsync([1]);

        await harness.Store.DeleteAsync(info, default);
        await harness.DeletedAsync();

        Assert.Equal((1, 0), (harness.Faults.Count(BucketOperation.Delete), harness.Faults.Count(BucketOperation.DeleteMany)));
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task What_is_due_at_the_same_moment_goes_together()
    {
        await using var harness = new StoreHarness(Batching);
        await RememberAsync(harness, 25);

        await harness.SettleAsync();

        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal([10, 10, 5], Batches(harness).Select(keys => keys.Length).OrderDescending());
        Assert.Equal(25, Batches(harness).SelectMany(keys => keys).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(0, harness.Faults.Count(BucketOperation.Delete));
    }

    [Fact]
    public async Task Only_those_that_failed_are_tried_again()
    {
        await using var harness = new StoreHarness(Batching);
        AttachmentInfo[] infos = await RememberAsync(harness, 10);
        HashSet<string> locked = [infos[2].Key, infos[7].Key];
        await harness.RestartAsync(meanwhile: () =>
            harness.Faults.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.Forbidden), locked.Contains, times: 2));

        await StoreHarness.EventuallyAsync(() => harness.Pending.Count == 2, "all but two are gone");
        Assert.Equal(2, harness.Objects.Count);
        Assert.Equal(locked, harness.Pending.Written.Select(delete => delete.Key).ToHashSet(StringComparer.Ordinal));
        Assert.True(harness.Pending.Hides(infos[2].Id));
        Assert.False(harness.Pending.Hides(infos[3].Id));
        await harness.DeletedAsync();
        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal([10, 2], Batches(harness).Select(keys => keys.Length));
        Assert.Equal(locked, Batches(harness)[1].ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(BucketErrorKind.Network, 2)]
    [InlineData(BucketErrorKind.Throttled, 2)]
    [InlineData(BucketErrorKind.InvalidRequest, 1)]
    [InlineData(BucketErrorKind.ProviderFailure, 1)]
    public async Task A_request_that_fails_as_a_whole_is_made_again_and_one_that_is_refused_in_pieces(BucketErrorKind kind, int batches)
    {
        await using var harness = new StoreHarness(Batching);
        await RememberAsync(harness, 10);

        await harness.RestartAsync(meanwhile: () => harness.Faults.Inject(BucketOperation.DeleteMany, Fault.Fail(kind), times: 1));
        await harness.DeletedAsync();

        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal(batches, Batches(harness).Count);
        Assert.Equal(batches == 1 ? 10 : 0, harness.Faults.Count(BucketOperation.Delete));
        Assert.Empty(harness.Pending.Written);
    }

    [Fact]
    public async Task A_lost_answer_makes_no_difference_in_the_end()
    {
        await using var harness = new StoreHarness(Batching);
        await RememberAsync(harness, 10);

        await harness.RestartAsync(meanwhile: () => harness.Faults.Inject(BucketOperation.DeleteMany, Fault.LoseAnswer(), times: 1));
        await harness.DeletedAsync();

        Assert.Equal(0, harness.Objects.Count);
        Assert.Empty(harness.Pending.Written);
    }

    [Fact]
    public async Task What_must_be_looked_at_first_is_not_part_of_it()
    {
        await using var harness = new StoreHarness(Batching);
        AttachmentId failed = StoreHarness.NewId();
        byte[] foreign = StoreHarness.Bytes(500, 9);
        await harness.PutRawAsync(harness.Layout.UsualKey(failed), foreign);
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Timeout), key => key == harness.Layout.UsualKey(failed));
        await StoreHarness.FailsAsync(AttachmentError.TimedOut, () => harness.StoreAsync([1], failed));
        await RememberAsync(harness, 3);

        await harness.SettleAsync();

        Assert.Equal([3], Batches(harness).Select(keys => keys.Length));
        Assert.Equal(foreign, await harness.RawAsync(harness.Layout.UsualKey(failed)));
    }

    /// <summary>Leaves so many deletes that the bucket has refused once.</summary>
    private static async Task<AttachmentInfo[]> RememberAsync(StoreHarness harness, int count)
    {
        AttachmentInfo[] infos = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => harness.StoreAsync([1])));
        harness.Faults.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.Forbidden));
        harness.Faults.Inject(BucketOperation.DeleteMany, Fault.Fail(BucketErrorKind.Forbidden));
        await Task.WhenAll(infos.Select(info => harness.Store.DeleteAsync(info, default)));
        await harness.Pending.DisposeAsync();
        harness.Faults.Heal();
        harness.Faults.ClearCalls();
        return infos;
    }

    private static List<string[]> Batches(StoreHarness harness) =>
        [.. harness.Faults.Calls.Where(call => call.Operation == BucketOperation.DeleteMany).Select(call => call.Key.Split('\n'))];
}
