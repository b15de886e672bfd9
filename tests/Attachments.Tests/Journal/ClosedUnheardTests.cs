using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Journal;

/// <summary>
/// Where closing a file carries no error, what was closed without being flushed is safe on local disk, whatever the write mode and the size; who
/// flushes is answered by the bucket.
/// </summary>
public sealed class ClosedUnheardTests
{
    private const int Small = 100_000;

    /// <summary>Uploaded in parts while it is written.</summary>
    private const int Large = 5_000_000;

    private static readonly StoreSetup Unheard = StoreSetup.StreamingIntoJournal with
    {
        Journal = new UploadJournalOptions(),
        Options = StoreSetup.StreamingIntoJournal.Options with { MayCloseUnheard = true },
    };

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_file_that_was_only_closed_outlives_an_outage_and_a_restart(int length)
    {
        await using var harness = new StoreHarness(Unheard);
        byte[] content = StoreHarness.Bytes(length);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, content.AsMemory(0, length / 2));
        FailAll(harness, BucketErrorKind.Network);
        await StoreHarness.WriteInPiecesAsync(writer, content.AsMemory(length / 2), length / 2);

        AttachmentInfo info = await writer.CommitClosedAsync(default);

        Assert.Equal(1, harness.Journal!.Counters.Uploads);
        Assert.Equal(content, await harness.ReadAsync(info));
        await harness.SettleAsync();
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal((1, 0), (harness.Objects.Count, harness.Objects.Uploads));
        RequireNoDrafts(harness);
    }

    [Fact]
    public async Task Also_with_a_bucket_that_works_a_large_file_that_was_only_closed_is_stored_once()
    {
        await using var harness = new StoreHarness(Unheard);
        byte[] content = StoreHarness.Bytes(Large);
        AttachmentWriter writer = await WriteAsync(harness, content);

        AttachmentInfo info = await writer.CommitClosedAsync(default);

        await harness.UploadedAsync();
        BucketOperation[] uploads =
        [
            .. harness.Faults.Calls.Select(call => call.Operation).Where(operation => operation is BucketOperation.BeginUpload or BucketOperation.AbortUpload),
        ];
        Assert.Equal([BucketOperation.BeginUpload, BucketOperation.AbortUpload, BucketOperation.BeginUpload], uploads);
        Assert.Empty(harness.Pending.Written);
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        await harness.SettleAsync();
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal((1, 0), (harness.Objects.Count, harness.Objects.Uploads));
        RequireNoDrafts(harness);
    }

    [Fact]
    public async Task A_large_file_that_is_flushed_is_in_the_bucket_then_and_leaves_nothing_on_disk()
    {
        await using var harness = new StoreHarness(Unheard);
        byte[] content = StoreHarness.Bytes(Large);
        AttachmentWriter writer = await WriteAsync(harness, content);

        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal((0, 0L), (harness.Journal!.Counters.Uploads, harness.Journal.Counters.Bytes));
        RequireNoDrafts(harness);
        Assert.Empty(harness.Pending.Written);
        Assert.Equal(0, harness.Objects.Uploads);
    }

    [Theory]
    [InlineData(BucketOperation.BeginUpload)]
    [InlineData(BucketOperation.PutPart)]
    [InlineData(BucketOperation.CompleteUpload)]
    public async Task A_flush_that_fails_leaves_nothing_in_the_bucket_or_on_disk(BucketOperation failing)
    {
        await using var harness = new StoreHarness(Unheard);
        harness.Faults.Inject(failing, Fault.Fail(BucketErrorKind.Forbidden));
        AttachmentWriter writer = await WriteAsync(harness, StoreHarness.Bytes(Large));

        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, () => writer.CommitAsync(default));
        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, () => writer.CommitClosedAsync(default));

        Assert.Null(await harness.Store.FindAsync(writer.Id, default));
        Assert.Equal((0, 0L), (harness.Journal!.Counters.Uploads, harness.Journal.Counters.Bytes));
        RequireNoDrafts(harness);
        await harness.SettleAsync();
        Assert.Equal((0, 0), (harness.Objects.Count, harness.Objects.Uploads));
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task Without_room_in_the_journal_the_bucket_takes_it(int length)
    {
        await using var harness = new StoreHarness(Unheard with { Journal = new UploadJournalOptions { MaxBytes = length / 2 } });
        byte[] content = StoreHarness.Bytes(length);
        AttachmentWriter writer = await WriteAsync(harness, content);

        AttachmentInfo info = await writer.CommitClosedAsync(default);

        Assert.Equal((0, 0L), (harness.Journal!.Counters.Uploads, harness.Journal.Counters.Bytes));
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        RequireNoDrafts(harness);
        Assert.Equal(0, harness.Objects.Uploads);
    }

    [Fact]
    public async Task Without_room_in_the_journal_a_failing_bucket_is_told_of_when_it_fails()
    {
        await using var harness = new StoreHarness(Unheard with { Journal = new UploadJournalOptions { MaxBytes = Large / 2 } });
        harness.Faults.Inject(BucketOperation.PutPart, Fault.Fail(BucketErrorKind.Forbidden));
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, async () =>
        {
            await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(Large));
            await writer.CommitClosedAsync(default);
        });

        await harness.SettleAsync();
        Assert.Equal((0, 0), (harness.Objects.Count, harness.Objects.Uploads));
        RequireNoDrafts(harness);
    }

    private static async Task<AttachmentWriter> WriteAsync(StoreHarness harness, byte[] content)
    {
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, content);
        return writer;
    }

    private static void FailAll(StoreHarness harness, BucketErrorKind kind)
    {
        foreach (BucketOperation operation in Enum.GetValues<BucketOperation>())
            harness.Faults.Inject(operation, Fault.Fail(kind));
    }

    private static void RequireNoDrafts(StoreHarness harness) => Assert.Empty(ObjectFile.NumbersIn(harness.JournalPath));
}
