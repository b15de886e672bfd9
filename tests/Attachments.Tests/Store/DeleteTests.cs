using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delete_that_cannot_be_remembered_is_done_at_once_or_is_an_error(bool bucketFails)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        await harness.Pending.DisposeAsync(); // its log takes nothing any more
        if (bucketFails)
            Fail(harness, "forbidden");

        if (bucketFails)
            await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => harness.Store.DeleteAsync(info, default));
        else
            await harness.Store.DeleteAsync(info, default);

        Assert.Equal(bucketFails, await harness.RawAsync(info.Key) is not null);
        if (bucketFails)
            Assert.Equal(StoreHarness.Bytes(1000), await harness.ReadAsync(info));
    }

    [Fact]
    public async Task A_delete_does_not_wait_for_the_bucket()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo[] infos = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => harness.StoreAsync(StoreHarness.Bytes(1000))));
        FaultRule stall = harness.Faults.Inject(BucketOperation.Delete, Fault.Stall());

        foreach (AttachmentInfo info in infos)
            await harness.Store.DeleteAsync(info, default);

        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Delete) == 8, "several deletes are under way at once");
        Assert.Equal(40, harness.Pending.Count);
        stall.Release();
        await StoreHarness.EventuallyAsync(() => harness.Objects.Count == 0, "all are done");
    }

    [Fact]
    public async Task What_was_deleted_last_is_done_before_the_program_ends()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo[] infos = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => harness.StoreAsync(StoreHarness.Bytes(1000))));
        await Task.WhenAll(infos.Select(info => harness.Store.DeleteAsync(info, default)));

        Assert.True((await harness.Store.DrainAsync(TimeSpan.FromMinutes(1))).IsNone);

        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task What_waits_for_its_next_try_is_tried_at_the_end()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, "forbidden");
        await harness.Store.DeleteAsync(info, default);
        await StoreHarness.EventuallyAsync(() => harness.Faults.Count(BucketOperation.Delete) == 1, "it was tried once");
        harness.Faults.Heal();

        Assert.Equal(new PendingWork(0, 0), await harness.Store.DrainAsync(TimeSpan.FromMinutes(1)));

        Assert.Null(await harness.RawAsync(info.Key));
    }

    [Theory]
    [InlineData("forbidden")]
    [InlineData("stall")]
    public async Task What_the_bucket_does_not_confirm_in_time_is_counted_and_stays(string what)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo[] infos = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => harness.StoreAsync(StoreHarness.Bytes(1000))));
        Fail(harness, what);
        await Task.WhenAll(infos.Select(info => harness.Store.DeleteAsync(info, default)));

        Assert.Equal(new PendingWork(3, 0), await harness.Store.DrainAsync(TimeSpan.FromMilliseconds(300)));

        await harness.Pending.DisposeAsync();
        Assert.Equal(3, harness.Objects.Count);
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task Whoever_still_writes_at_the_end_fails()
    {
        await using var harness = new StoreHarness();
        Commit.AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, [1, 2, 3]);

        Assert.True((await harness.Store.DrainAsync(TimeSpan.Zero)).IsNone);

        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => writer.CommitAsync(default));
        Assert.Equal(0, harness.Objects.Count);
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

        await deletion;
        await StoreHarness.FailsAsync(AttachmentError.Busy, () => harness.Store.CreateAsync(info.Id, default));
        stall.Release();
        await harness.DeletedAsync();
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
    public async Task An_unreadable_record_of_a_delete_does_not_stop_the_others_and_is_kept(string content)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        Fail(harness, "forbidden");
        await harness.Store.DeleteAsync(info, default);
        await harness.Pending.DisposeAsync();
        string path = Path.Combine(harness.StatePath, "deletes.log");
        byte[] record = System.Text.Encoding.UTF8.GetBytes(content);
        await using (RecordLog log = RecordLog.Open(path, out _))
            await log.AppendAsync(record);

        await harness.RestartAsync();

        await harness.DeletedAsync();
        Assert.Null(await harness.RawAsync(info.Key));
        Assert.Contains(RecordFormat.Read(SharedFile.ReadAllBytes(path)).Records, kept => kept.AsSpan().SequenceEqual(record));
    }

    [Fact]
    public async Task A_damaged_log_costs_no_more_than_what_was_damaged()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo[] infos = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => harness.StoreAsync(StoreHarness.Bytes(1000))));
        Fail(harness, "forbidden");
        foreach (AttachmentInfo info in infos)
            await harness.Store.DeleteAsync(info, default);
        await harness.Pending.DisposeAsync();
        string path = Path.Combine(harness.StatePath, "deletes.log");
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1; // in the second of three
        await File.WriteAllBytesAsync(path, bytes);

        await harness.RestartAsync(TimeSpan.FromHours(1));

        await harness.DeletedAsync();
        Assert.NotNull(await harness.RawAsync(infos[1].Key));
        Assert.Equal(1, harness.Objects.Count);
    }

    [Fact]
    public async Task Thousands_of_deletes_leave_a_short_log()
    {
        await using var harness = new StoreHarness();
        string path = Path.Combine(harness.StatePath, "deletes.log");
        for (int round = 0; round < 4; round++)
        {
            AttachmentInfo[] infos = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => harness.StoreAsync([1, 2, 3])));
            await Task.WhenAll(infos.Select(info => harness.Store.DeleteAsync(info, default)));
            await harness.DeletedAsync();
        }

        Assert.InRange(new FileInfo(path).Length, 0, 500_000);
        await harness.RestartAsync();
        Assert.InRange(new FileInfo(path).Length, 0, 100);
    }

    [Fact]
    public async Task A_delete_that_cannot_be_taken_back_stays_written_down()
    {
        string folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-deletes-").FullName;
        try
        {
            var delete = new PendingDelete(StoreHarness.NewId(), "key", DateTimeOffset.UtcNow, null);
            RecordTable<PendingDelete> log = DeleteLog.Open(folder, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            await log.AddAsync(delete);
            await log.DisposeAsync();

            await Assert.ThrowsAsync<IOException>(() => log.RemoveAsync(delete));

            Assert.Equal([delete], log.Entries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Fail(StoreHarness harness, string what) => harness.Faults.Inject(BucketOperation.Delete, what switch
    {
        "forbidden" => Fault.Fail(BucketErrorKind.Forbidden),
        "lost" => Fault.LoseAnswer(),
        "timeout" => Fault.Fail(BucketErrorKind.Timeout),
        _ => Fault.Stall(),
    });
}
