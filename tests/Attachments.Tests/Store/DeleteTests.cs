using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>What was deleted is gone for everybody at once, whatever the bucket says, and for good in the end.</summary>
public sealed class DeleteTests
{
    public static TheoryData<string> Faults => ["forbidden", "lost", "stall", "timeout"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task An_unconfirmed_delete_hides_the_name_over_restarts_until_it_is_done(string what)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        AttachmentInfo other = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, what);

        await harness.Store.DeleteAsync(info, default);

        Assert.Null(await harness.Store.FindAsync(info.Id, default));
        await StoreHarness.FailsAsync(AttachmentError.Busy, () => harness.Store.CreateAsync(info.Id, default));
        await StoreHarness.FailsAsync(AttachmentError.NotFound, () => harness.Store.OpenAsync(info, default));
        var listed = new List<AttachmentId>();
        await foreach (AttachmentListing listing in harness.Store.ListAllAsync(default))
            listed.Add(listing.Id);
        Assert.Equal([other.Id], listed);

        await harness.SettleAsync();
        Assert.Null(await harness.RawAsync(info.Key));
        Assert.NotNull(await harness.RawAsync(other.Key));
        AttachmentInfo again = await harness.StoreAsync([7], info.Id);
        Assert.Equal([7], await harness.ReadAsync(again));
    }

    [Fact]
    public async Task A_remembered_delete_is_hidden_after_a_restart_with_a_bucket_that_still_refuses()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, "forbidden");
        await harness.Store.DeleteAsync(info, default);
        PendingDeletes first = harness.Pending;
        await first.DisposeAsync();
        Fail(harness, "forbidden");

        await using (PendingDeletes second = PendingDeletes.Open(
            harness.StatePath, harness.Bucket, 70, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))
        {
            Assert.True(second.Hides(info.Id));
            Assert.Equal(1, second.Count);
        }

        Assert.NotNull(await harness.RawAsync(info.Key));
    }

    [Fact]
    public async Task Two_programs_cannot_share_the_memory_of_deletes()
    {
        await using var harness = new StoreHarness();

        IOException refused = Assert.Throws<IOException>(() => PendingDeletes.Open(
            harness.StatePath, harness.Bucket, 70, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));

        Assert.Contains("another mount of this bucket", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_that_can_be_neither_done_nor_remembered_is_an_error()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, "forbidden");
        await harness.Store.DeleteAsync(info, default);
        string file = Assert.Single(harness.RecordFiles());
        await harness.SettleAsync();
        info = await harness.StoreAsync(StoreHarness.Bytes(1000), info.Id);
        Directory.CreateDirectory(file + ".new");
        Fail(harness, "forbidden");

        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => harness.Store.DeleteAsync(info, default));

        harness.Faults.Heal();
        Assert.Equal(StoreHarness.Bytes(1000), await harness.ReadAsync(info));
    }

    [Fact]
    public async Task An_opener_under_way_keeps_its_content_and_does_not_bring_the_name_back()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        await harness.EvictAsync();
        FaultRule stall = harness.Faults.Inject(BucketOperation.Get, Fault.Stall());
        FaultRule deleting = harness.Faults.Inject(BucketOperation.Delete, Fault.Stall());
        Task<OpenAttachment> opening = harness.Store.OpenAsync(info, default);
        await stall.Reached;
        Task deletion = harness.Store.DeleteAsync(info, default);
        await deleting.Reached;
        stall.Release();
        using (OpenAttachment open = await opening)
            Assert.Equal(StoreHarness.Bytes(1000), StoreHarness.ReadAll(open));
        deleting.Release();
        await deletion;

        Assert.Null(await harness.Store.FindAsync(info.Id, default));
        await StoreHarness.FailsAsync(AttachmentError.NotFound, () => harness.Store.OpenAsync(info, default));
    }

    [Fact]
    public async Task A_name_whose_delete_is_under_way_cannot_be_created_nor_found()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        FaultRule stall = harness.Faults.Inject(BucketOperation.Delete, Fault.Stall());
        Task deletion = harness.Store.DeleteAsync(info, default);
        await stall.Reached;

        await StoreHarness.FailsAsync(AttachmentError.Busy, () => harness.Store.CreateAsync(info.Id, default));
        Assert.Null(await harness.Store.FindAsync(info.Id, default));

        stall.Release();
        await deletion;
        Assert.Equal([1], await harness.ReadAsync(await harness.StoreAsync([1], info.Id)));
    }

    [Fact]
    public async Task Many_deletes_of_one_attachment_all_succeed()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, "timeout");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => harness.Store.DeleteAsync(info, default)));

        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"Attachment\":\"01234567-89ab-cdef-0123-456789abcdef\"}")]
    [InlineData(null)]
    public async Task An_unreadable_memory_of_a_delete_does_not_stop_the_others(string? content)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, "forbidden");
        await harness.Store.DeleteAsync(info, default);
        string path = Path.Combine(harness.StatePath, "0.delete.json");
        if (content is null)
            File.CreateSymbolicLink(path, Path.Combine(harness.StatePath, "missing"));
        else
            await File.WriteAllTextAsync(path, content);

        await harness.RestartAsync();

        await StoreHarness.EventuallyAsync(() => harness.Pending.Count == 0, "the readable one is done");
        Assert.Null(await harness.RawAsync(info.Key));
        Assert.Equal([path], harness.RecordFiles());
    }

    private static void Fail(StoreHarness harness, string what) => harness.Faults.Inject(BucketOperation.Delete, what switch
    {
        "forbidden" => Fault.Fail(BucketErrorKind.Forbidden),
        "lost" => Fault.LoseAnswer(),
        "timeout" => Fault.Fail(BucketErrorKind.Timeout),
        _ => Fault.Stall(),
    });
}
