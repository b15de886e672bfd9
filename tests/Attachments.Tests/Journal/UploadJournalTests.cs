using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Journal;

/// <summary>What is acknowledged when it is in the journal gets into the bucket, exactly once, and is there for readers until then.</summary>
public sealed class UploadJournalTests
{
    private static readonly StoreSetup WithJournal = StoreSetup.StreamingIntoJournal;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storing_reading_listing_and_deleting_need_no_bucket(bool flat)
    {
        await using var harness = new StoreHarness(WithJournal with { Flat = flat });
        AttachmentInfo older = await harness.StoreAsync([9, 9]);
        await harness.UploadedAsync();
        await harness.ListedAsync();
        Away(harness);
        byte[] content = StoreHarness.Bytes(70_000);
        AttachmentId id = StoreHarness.NewId();

        Assert.Null(await harness.Store.FindAsync(id, default));
        AttachmentInfo info = await harness.StoreAsync(content, id);
        AttachmentInfo deleted = await harness.StoreAsync([1, 2, 3]);
        await harness.EvictAsync();

        Assert.Equal(info.Length, (await harness.Store.FindAsync(id, default))!.Length);
        Assert.Equal(content, await harness.ReadAsync(info));
        await harness.Store.DeleteAsync(deleted, default);
        Assert.Null(await harness.Store.FindAsync(deleted.Id, default));
        Assert.Equal(1, harness.Objects.Count);

        harness.Faults.Heal();
        await harness.UploadedAsync();
        await harness.EvictAsync();
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal(content, await harness.ReadAsync(info));
        await harness.SettleAsync();
        Assert.Equal(2, harness.Objects.Count);
        Assert.NotNull(await harness.Store.FindAsync(older.Id, default));
        Assert.Empty(ObjectFiles(harness));
        Assert.Equal(0, harness.Journal!.Counters.Bytes);
    }

    [Fact]
    public async Task What_waits_is_listed_among_what_is_stored()
    {
        await using var harness = new StoreHarness(WithJournal);
        AttachmentId[] ids = [.. Enumerable.Range(0, 20).Select(_ => StoreHarness.NewId()).Order()];
        foreach (AttachmentId id in ids.Where((_, index) => index % 2 == 0))
            await harness.StoreAsync([1], id);
        await harness.UploadedAsync();
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        foreach (AttachmentId id in ids.Where((_, index) => index % 2 == 1))
            await harness.StoreAsync([1, 2], id);

        List<AttachmentListing> all = [];
        await foreach (AttachmentListing listing in harness.Store.ListAllAsync(default))
            all.Add(listing);
        List<byte> folders = [];
        await foreach (byte folder in harness.Store.ListDirectoriesAsync(HashDirectory.Root, default))
            folders.Add(folder);

        Assert.Equal(ids, all.Select(listing => listing.Id));
        Assert.All(all, listing => Assert.Equal(1 + (Array.IndexOf(ids, listing.Id) % 2), listing.Info!.Length));
        Assert.Equal(ids.Select(id => id.Directory.FirstByte).Distinct(), folders);
    }

    [Fact]
    public async Task A_restart_goes_on_in_the_order_of_arrival_and_uploads_each_once()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { Parallel = 1 } });
        await harness.ListedAsync();
        harness.Faults.Inject(BucketOperation.Put, Fault.Stall());
        List<AttachmentInfo> stored = [];
        for (int i = 0; i < 30; i++)
            stored.Add(await harness.StoreAsync(StoreHarness.Bytes(1000 + i, i)));
        await harness.RestartAsync();
        await harness.UploadedAsync();

        string[] puts = [.. harness.Faults.Calls.Where(call => call.Operation == BucketOperation.Put).Select(call => call.Key)];
        Assert.Equal(stored.Select(info => info.Key), puts.Distinct(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.InRange(puts.Length, 30, 33); // what was under way at the restart is asked for again
        for (int i = 0; i < 30; i++)
            Assert.Equal(StoreHarness.Bytes(1000 + i, i), await harness.PlainAsync(stored[i].Key));
    }

    [Fact]
    public async Task A_lost_answer_does_not_store_twice_and_is_no_conflict()
    {
        await using var harness = new StoreHarness(WithJournal);
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);

        AttachmentInfo info = await harness.StoreAsync([1, 2, 3]);
        await harness.UploadedAsync();

        Assert.Equal([1, 2, 3], await harness.PlainAsync(info.Key));
        Assert.Equal(2, harness.Faults.Count(BucketOperation.Put));
        Assert.Equal(0, harness.Journal!.Counters.Stuck);
    }

    [Fact]
    public async Task Another_object_of_that_name_is_never_replaced_and_neither_is_lost()
    {
        await using var harness = new StoreHarness(WithJournal);
        AttachmentId id = StoreHarness.NewId();
        await harness.ListedAsync();
        await harness.PutRawAsync(harness.Layout.UsualKey(id), StoreHarness.Bytes(500));

        AttachmentInfo info = await harness.StoreAsync([1, 2, 3], id);
        await StoreHarness.EventuallyAsync(() => harness.Journal!.Counters.Stuck == 1, "the conflict is found");

        Assert.Equal(StoreHarness.Bytes(500), await harness.RawAsync(info.Key));
        await harness.EvictAsync();
        Assert.Equal([1, 2, 3], await harness.ReadAsync(info));
        await harness.Objects.DeleteAsync(info.Key, default);
        await harness.RestartAsync(TimeSpan.FromMinutes(10));
        await harness.UploadedAsync();
        Assert.Equal([1, 2, 3], await harness.PlainAsync(info.Key));
    }

    [Theory]
    [InlineData("before")]
    [InlineData("stalled")]
    [InlineData("lost")]
    public async Task A_delete_cancels_the_upload_and_nothing_comes_back(string moment)
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { Parallel = 1 } });
        FaultRule first = harness.Faults.Inject(BucketOperation.Put, Fault.Stall(), times: 1);
        AttachmentInfo stalled = await harness.StoreAsync([1]);
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Put) == 1, "the first one is under way");
        AttachmentInfo deleted = stalled;
        if (moment == "before")
            deleted = await harness.StoreAsync([2]);
        if (moment == "lost")
        {
            harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer());
            first.Release();
            await StoreHarness.EventuallyAsync(() => harness.Objects.Count == 1, "it is there, and nobody knows");
        }

        await harness.Store.DeleteAsync(deleted, default);

        Assert.Null(await harness.Store.FindAsync(deleted.Id, default));
        Assert.DoesNotContain(harness.Journal!.All(), info => info.Id == deleted.Id);
        await harness.SettleAsync();
        Assert.Equal(moment == "before" ? 1 : 0, harness.Objects.Count);
        Assert.Null(await harness.Store.FindAsync(deleted.Id, default));
        if (moment == "before")
            Assert.DoesNotContain(harness.Faults.Calls, call => call.Key == deleted.Key && call.Operation is BucketOperation.Put or BucketOperation.Delete);
    }

    [Fact]
    public async Task With_a_full_journal_stores_go_through_and_the_room_comes_back()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { MaxBytes = 100_000 } });
        await harness.ListedAsync();
        FaultRule stall = harness.Faults.Inject(BucketOperation.Put, Fault.Stall(), times: 1);
        AttachmentInfo first = await harness.StoreAsync(StoreHarness.Bytes(90_000));
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Put) == 1, "the first one is under way");

        AttachmentInfo second = await harness.StoreAsync(StoreHarness.Bytes(50_000, 2));

        Assert.Equal(StoreHarness.Bytes(50_000, 2), await harness.PlainAsync(second.Key));
        Assert.Null(await harness.RawAsync(first.Key));
        stall.Release();
        await harness.UploadedAsync();
        Assert.Equal(0, harness.Journal!.Counters.Bytes);
        Assert.Equal(StoreHarness.Bytes(90_000), await harness.PlainAsync(first.Key));
    }

    [Fact]
    public async Task With_a_full_journal_and_no_bucket_a_store_fails_and_nothing_acknowledged_is_lost()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { MaxBytes = 100_000 } });
        await harness.ListedAsync();
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        AttachmentInfo first = await harness.StoreAsync(StoreHarness.Bytes(90_000));

        await StoreHarness.FailsAsync(AttachmentError.Unreachable, () => harness.StoreAsync(StoreHarness.Bytes(50_000)));

        await harness.SettleAsync();
        Assert.Equal(1, harness.Objects.Count);
        Assert.Equal(StoreHarness.Bytes(90_000), await harness.PlainAsync(first.Key));
    }

    [Theory]
    [InlineData(100L << 20)]
    [InlineData(3L << 20)]
    public async Task A_file_of_many_times_the_memory_goes_through_the_journal_or_past_it(long journalBytes)
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { MaxBytes = journalBytes } });
        await harness.ListedAsync();
        byte[] content = StoreHarness.Bytes(20_000_001);
        bool fits = journalBytes > content.Length;
        if (fits)
            Away(harness);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, content);

        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(fits ? 0 : 1, harness.Objects.Count);
        Assert.Equal(fits ? 1 : 0, harness.Journal!.Counters.Uploads);
        Assert.Equal(content, await ReadInBlocksAsync(harness, info));
        harness.Faults.Heal();
        await harness.RestartAsync();
        await harness.UploadedAsync();
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal(content, await ReadInBlocksAsync(harness, info));
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Empty(harness.Pending.Written);
        Assert.Empty(ObjectFiles(harness));
    }

    [Fact]
    public async Task A_large_file_that_is_open_goes_on_being_read_when_it_is_uploaded()
    {
        await using var harness = new StoreHarness(WithJournal);
        await harness.ListedAsync();
        Away(harness);
        byte[] content = StoreHarness.Bytes(20_000_001);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, content);
        using OpenAttachment open = await harness.Store.OpenAsync(await writer.CommitAsync(default), default);

        byte[] start = await ReadAsync(open, 0, 5_000_000);
        harness.Faults.Heal();
        await harness.UploadedAsync();
        byte[] rest = await ReadAsync(open, 5_000_000, content.Length - 5_000_000);

        Assert.Equal(content, start.Concat(rest));
    }

    [Fact]
    public async Task An_upload_in_parts_that_failed_leaves_no_parts()
    {
        await using var harness = new StoreHarness(WithJournal);
        harness.Faults.Inject(BucketOperation.PutPart, Fault.Fail(BucketErrorKind.Network), times: 3);
        byte[] content = StoreHarness.Bytes(5_000_000);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, content);

        AttachmentInfo info = await writer.CommitAsync(default);
        await harness.UploadedAsync();

        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Empty(harness.Pending.Written);
        Assert.True(harness.Faults.Count(BucketOperation.BeginUpload) > 1);
    }

    [Fact]
    public async Task A_delete_in_the_middle_of_an_upload_in_parts_leaves_nothing()
    {
        await using var harness = new StoreHarness(WithJournal);
        harness.Faults.Inject(BucketOperation.PutPart, Fault.Stall());
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(5_000_000));
        AttachmentInfo info = await writer.CommitAsync(default);
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.PutPart) > 1, "parts are under way");

        await harness.Store.DeleteAsync(info, default);
        await harness.SettleAsync();

        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Empty(ObjectFiles(harness));
    }

    [Fact]
    public async Task A_delete_that_cannot_be_written_down_is_an_error_and_the_attachment_is_uploaded_as_before()
    {
        await using var harness = new StoreHarness(WithJournal);
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        AttachmentInfo info = await harness.StoreAsync([1, 2, 3]);
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Put) > 0, "it was tried");
        await harness.Pending.DisposeAsync(); // from now on no delete can be written down

        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => harness.Store.DeleteAsync(info, default));

        Assert.Equal([1, 2, 3], await harness.ReadAsync(info));
        harness.Faults.Heal();
        harness.Journal!.RetryNow();
        await harness.UploadedAsync();
        Assert.Equal([1, 2, 3], await harness.PlainAsync(info.Key));
    }

    [Fact]
    public async Task A_delete_of_what_was_never_sent_that_the_journal_cannot_write_down_is_an_error()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { Parallel = 1 } });
        harness.Faults.Inject(BucketOperation.Put, Fault.Stall());
        await harness.StoreAsync([1]);
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Put) == 1, "the first one is under way");
        AttachmentInfo unsent = await harness.StoreAsync([1, 2, 3]);
        await harness.Journal!.DisposeAsync(); // from now on nothing can be written to it

        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => harness.Store.DeleteAsync(unsent, default));
    }

    [Fact]
    public async Task A_delete_that_is_written_down_is_done_although_the_journal_cannot_forget_the_upload()
    {
        await using var harness = new StoreHarness(WithJournal);
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer());
        AttachmentInfo info = await harness.StoreAsync([1, 2, 3]);
        await StoreHarness.EventuallyAsync(() => harness.Objects.Count == 1, "the bucket has it, and the journal does not know");
        await harness.Journal!.DisposeAsync(); // from now on nothing can be written to it

        await harness.Store.DeleteAsync(info, default);

        await harness.EvictAsync();
        Assert.Null(await harness.Store.FindAsync(info.Id, default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
        Assert.Empty(ObjectFiles(harness));
    }

    [Fact]
    public async Task An_object_that_the_bucket_does_not_take_keeps_no_other_one_back()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { Parallel = 1 } });
        AttachmentId refused = StoreHarness.NewId();
        harness.Faults.Inject(
            BucketOperation.Put, Fault.Fail(BucketErrorKind.Forbidden), key => key.Contains(refused.ToString(), StringComparison.Ordinal));
        AttachmentInfo first = await harness.StoreAsync([1, 2, 3], refused);
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Put) > 0, "the first one is refused");

        AttachmentInfo second = await harness.StoreAsync([4, 5, 6]);
        harness.Clock.Offset += TimeSpan.FromMinutes(1);
        harness.Journal!.RetryNow();
        await StoreHarness.EventuallyAsync(() => harness.Objects.Count == 1, "the other one is uploaded");

        Assert.Equal([4, 5, 6], await harness.PlainAsync(second.Key));
        Assert.Equal([1, 2, 3], await harness.ReadAsync(first));
        await harness.SettleAsync();
        Assert.Equal([1, 2, 3], await harness.PlainAsync(first.Key));
    }

    [Fact]
    public async Task A_file_that_could_not_be_removed_does_not_bring_its_attachment_back()
    {
        await using var harness = new StoreHarness(WithJournal);
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
        AttachmentInfo info = await harness.StoreAsync([1, 2, 3]);
        string file = Assert.Single(ObjectFiles(harness)), kept = Path.Combine(harness.StatePath, "kept");
        File.Copy(file, kept);
        harness.Faults.Heal();
        harness.Journal!.RetryNow();
        await harness.UploadedAsync();
        await harness.Store.DeleteAsync(info, default);
        await harness.DeletedAsync();
        for (int restarts = 0; restarts < 2; restarts++)
            await harness.RestartAsync(meanwhile: () => File.Copy(kept, file, overwrite: true));

        Assert.Empty(ObjectFiles(harness));
        Assert.Equal(0, harness.Journal!.Counters.Uploads);
        Assert.Equal(0, harness.Objects.Count);
        AttachmentInfo later = await harness.StoreAsync([4, 5, 6]);
        await harness.SettleAsync();
        Assert.Equal([4, 5, 6], await harness.PlainAsync(later.Key));
    }

    [Fact]
    public async Task Nothing_in_it_is_plain()
    {
        await using var harness = new StoreHarness(WithJournal);
        await harness.ListedAsync();
        Away(harness);
        byte[] content = [.. Enumerable.Repeat("CONFIDENTIAL^PATIENT"u8.ToArray(), 500).SelectMany(bytes => bytes)];

        await harness.StoreAsync(content);

        foreach (string path in Directory.EnumerateFiles(harness.StatePath, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path) == "lock")
                continue;
            Assert.Equal(-1, SharedFile.ReadAllBytes(path).AsSpan().IndexOf("CONFIDENTIAL"u8));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task Two_programs_never_share_it()
    {
        await using var harness = new StoreHarness(WithJournal);
        var targets = new UploadTargets(harness.Bucket, harness.Bucket, harness.Pending, harness.Envelope.HeaderLength);

        IOException refused = await Assert.ThrowsAsync<IOException>(() => UploadJournal.OpenAsync(
            harness.JournalPath, new UploadJournalOptions(), targets, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));

        Assert.Contains("another mount", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Through_again_still_uploads_what_waits()
    {
        await using var harness = new StoreHarness(WithJournal);
        await harness.ListedAsync();
        Away(harness);
        AttachmentInfo info = await harness.StoreAsync([1, 2, 3]);
        harness.Setup = harness.Setup with { Journal = new UploadJournalOptions() };

        await harness.RestartAsync();
        await harness.UploadedAsync();
        AttachmentInfo through = await harness.StoreAsync([4]);

        Assert.Equal([1, 2, 3], await harness.PlainAsync(info.Key));
        Assert.Equal([4], await harness.PlainAsync(through.Key));
    }

    private static void Away(StoreHarness harness)
    {
        foreach (BucketOperation operation in Enum.GetValues<BucketOperation>())
            harness.Faults.Inject(operation, Fault.Fail(BucketErrorKind.Network));
    }

    private static string[] ObjectFiles(StoreHarness harness) => Directory.GetFiles(harness.JournalPath, "*.object");

    private static async Task<byte[]> ReadInBlocksAsync(StoreHarness harness, AttachmentInfo info)
    {
        using OpenAttachment open = await harness.Store.OpenAsync(info, default);
        return await ReadAsync(open, 0, (int)info.Length);
    }

    private static async Task<byte[]> ReadAsync(OpenAttachment open, long offset, int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
            done += await open.ReadAsync(offset + done, bytes.AsMemory(done, Math.Min(300_000, count - done)), default);
        return bytes;
    }
}
