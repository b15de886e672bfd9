using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Journal;

/// <summary>What the journal, the bucket and the deletes know of one name at the same time, at odd moments: nothing is lost, left or back.</summary>
public sealed class UploadConflictTests
{
    private const int LargeLength = 5_000_000;

    private static readonly StoreSetup WithJournal = StoreSetup.StreamingIntoJournal;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_that_waits_in_the_journal_is_taken_also_when_that_is_full_or_accepts_nothing(bool accepts)
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { MaxBytes = 1000 } });
        await harness.ListedAsync();
        FaultRule stall = harness.Faults.Inject(BucketOperation.Put, Fault.Stall(), times: 1);
        AttachmentInfo first = await harness.StoreAsync(StoreHarness.Bytes(800));
        if (!accepts)
        {
            harness.Setup = harness.Setup with { Journal = new UploadJournalOptions() };
            await harness.StopAsync(heal: false); // or the upload would end first
            stall = harness.Faults.Inject(BucketOperation.Put, Fault.Stall());
            harness.Start(NullLogger.Instance);
        }

        await stall.Reached;

        await StoreHarness.FailsAsync(AttachmentError.Exists, () => harness.StoreAsync(StoreHarness.Bytes(900, 2), first.Id));

        stall.Release();
        await harness.UploadedAsync();
        Assert.Equal(StoreHarness.Bytes(800), await harness.PlainAsync(first.Key));
    }

    [Theory]
    [InlineData(900)]
    [InlineData(LargeLength)]
    public async Task A_name_that_the_bucket_has_is_not_acknowledged_once_more_by_the_journal(int length)
    {
        await using var harness = new StoreHarness(WithJournal);
        AttachmentInfo listed = await harness.StoreAsync([1]);
        await harness.UploadedAsync();
        await harness.RestartAsync();
        await harness.ListedAsync();
        AttachmentInfo stored = await harness.StoreAsync([2]);
        await harness.UploadedAsync();

        await StoreHarness.FailsAsync(AttachmentError.Exists, () => StoreAsync(harness, StoreHarness.Bytes(length), listed.Id));
        await StoreHarness.FailsAsync(AttachmentError.Exists, () => StoreAsync(harness, StoreHarness.Bytes(length), stored.Id));

        Assert.Equal(0, harness.Journal!.Counters.Uploads);
        await harness.SettleAsync();
        Assert.Equal([1], await harness.PlainAsync(listed.Key));
        Assert.Equal([2], await harness.PlainAsync(stored.Key));
        Assert.Equal(0, harness.Objects.Uploads);
    }

    [Fact]
    public async Task A_delete_takes_what_a_lost_answer_left_before_the_journal_had_room()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = new UploadJournalOptions { Accepts = true, MaxBytes = 100_000, Parallel = 1 } });
        await harness.ListedAsync();
        FaultRule first = harness.Faults.Inject(BucketOperation.Put, Fault.Stall(), times: 1);
        await harness.StoreAsync(StoreHarness.Bytes(90_000));
        await first.Reached;
        AttachmentId id = StoreHarness.NewId();
        string key = harness.Layout.UsualKey(id);
        FaultRule next = harness.Faults.Inject(BucketOperation.Put, Fault.Stall(), wanted => wanted != key);
        await harness.StoreAsync(StoreHarness.Bytes(5000));

        // It goes through; the bucket stores it, and says so neither then nor when it is asked. Meanwhile there is room in the journal.
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer(), wanted => wanted == key);
        harness.Faults.Inject(BucketOperation.Get, Fault.Fail(BucketErrorKind.Network), wanted => wanted == key && MakeRoom());
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(50_000), id);
        Assert.Equal(2, harness.Journal!.Counters.Uploads);
        Assert.NotNull(await harness.RawAsync(key));

        await harness.Store.DeleteAsync(info, default);

        await harness.SettleAsync();
        Assert.Null(await harness.RawAsync(key));
        Assert.Equal(2, harness.Objects.Count);

        bool MakeRoom()
        {
            first.Release();
            return SpinWait.SpinUntil(() => next.Hits > 0 && harness.Journal!.Counters.Bytes < 50_000, TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task A_file_that_fits_in_the_memory_only_without_the_list_of_names_is_read_in_blocks()
    {
        await using var harness = new StoreHarness(WithJournal);
        await harness.ListedAsync();
        Assert.True(harness.Store.ReservedForNames > 0);
        byte[] content = StoreHarness.Bytes((int)(harness.Memory.Capacity - harness.Store.ReservedForNames));
        AttachmentInfo info = await StoreAsync(harness, content, StoreHarness.NewId());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        using OpenAttachment open = await harness.Store.OpenAsync(info, patience.Token);

        byte[] start = new byte[1000];
        Assert.Equal(start.Length, await open.ReadAsync(0, start, default));
        Assert.Equal(content[..1000], start);
    }

    [Fact]
    public async Task A_large_file_that_does_not_get_past_a_full_journal_begins_one_upload_and_leaves_none()
    {
        await using var harness = new StoreHarness(WithJournal with { Journal = WithJournal.Journal! with { MaxBytes = 1_000_000 } });
        await harness.ListedAsync();
        FaultRule begin = harness.Faults.Inject(BucketOperation.BeginUpload, Fault.Stall());
        harness.Faults.Inject(BucketOperation.PutPart, Fault.Fail(BucketErrorKind.Network));
        Task<AttachmentInfo> store = StoreAsync(harness, StoreHarness.Bytes(LargeLength), StoreHarness.NewId());
        await begin.Reached;
        await StoreHarness.EventuallyAsync(() => harness.Store.Counters.StagingReserved > 0, "more parts are behind it");

        begin.Release();

        await StoreHarness.FailsAsync(AttachmentError.Unreachable, () => store);
        await harness.SettleAsync();
        Assert.Equal(1, harness.Faults.Count(BucketOperation.BeginUpload));
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task A_delete_while_an_upload_in_parts_begins_leaves_no_parts()
    {
        // A request that is given up may have been done all the same.
        await using var harness = new StoreHarness(WithJournal with { Wrap = EagerBucket.Over });
        FaultRule begin = harness.Faults.Inject(BucketOperation.BeginUpload, Fault.Stall());
        AttachmentInfo info = await StoreAsync(harness, StoreHarness.Bytes(LargeLength), StoreHarness.NewId());
        await begin.Reached;

        Task delete = harness.Store.DeleteAsync(info, default);
        await StoreHarness.EventuallyAsync(() => harness.Pending.Written.Count > 0, "the delete is written down");
        begin.Release();
        await delete;

        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task What_was_deleted_just_after_its_upload_does_not_come_back_after_a_crash()
    {
        await using var harness = new StoreHarness(WithJournal);
        FaultRule put = harness.Faults.Inject(BucketOperation.Put, Fault.Stall());
        AttachmentInfo info = await harness.StoreAsync([1, 2, 3]);
        await put.Reached;

        // The crash comes before the record of the upload is taken back, and after the delete is written down.
        Dictionary<string, byte[]> before = Directory.GetFiles(harness.JournalPath)
            .Where(path => Path.GetFileName(path) != "lock")
            .ToDictionary(path => path, SharedFile.ReadAllBytes, StringComparer.Ordinal);
        put.Release();
        await harness.UploadedAsync();
        harness.Faults.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.Network));
        await harness.Store.DeleteAsync(info, default);
        await harness.StopAsync(heal: false);
        foreach ((string path, byte[] bytes) in before)
            await File.WriteAllBytesAsync(path, bytes);
        harness.Faults.ClearCalls();
        harness.Start(NullLogger.Instance);

        Assert.Null(await harness.Store.FindAsync(info.Id, default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal(0, harness.Faults.Count(BucketOperation.Put));
        Assert.Empty(Directory.GetFiles(harness.JournalPath, "*.object"));
    }

    private static async Task<AttachmentInfo> StoreAsync(StoreHarness harness, ReadOnlyMemory<byte> content, AttachmentId id)
    {
        AttachmentWriter writer = await harness.Store.CreateAsync(id, default);
        await StoreHarness.WriteInPiecesAsync(writer, content);
        return await writer.CommitAsync(default);
    }

    /// <summary>Begins uploads in parts whatever becomes of the caller.</summary>
    [SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "DispatchProxy derives from it")]
    private class EagerBucket : DispatchProxy
    {
        private IBucket _inner = null!;

        public static IBucket Over(IBucket inner)
        {
            IBucket bucket = Create<IBucket, EagerBucket>();
            ((EagerBucket)(object)bucket)._inner = inner;
            return bucket;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IBucket.BeginUploadAsync))
                args![2] = CancellationToken.None;
            return targetMethod.Invoke(_inner, args);
        }
    }
}
