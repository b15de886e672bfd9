using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>What outgrows its writer's share is sent in parts while it arrives, in bounded memory, and is there whole or not at all.</summary>
public sealed class StreamedUploadTests
{
    private const int PieceLength = StoreSetup.PieceLength;

    private static readonly StoreSetup Small = new()
    {
        Memory = 4 << 20,
        Options = new AttachmentStoreOptions
        {
            DeletePatience = TimeSpan.FromMilliseconds(200),
            GrowthPatience = TimeSpan.FromSeconds(1),
            PartBytes = 256 << 10,
            LargestWrite = PieceLength,
        },
    };

    [Theory]
    [InlineData(true, 20_000_000)]
    [InlineData(true, 20_000_001)]
    [InlineData(true, (80 * PieceLength) - 70)]
    [InlineData(true, 80 * PieceLength)]
    [InlineData(false, 80 * PieceLength)]
    [InlineData(false, 20_000_001)]
    public async Task A_file_of_many_times_the_memory_becomes_one_ordinary_object(bool encrypted, int length)
    {
        await using var harness = new StoreHarness(Small with { Encrypted = encrypted });
        byte[] content = StoreHarness.Bytes(length);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        long most = 0;

        await StoreHarness.WriteInPiecesAsync(writer, content, written: () => most = Math.Max(most, harness.Memory.Reserved));
        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(length, info.Length);
        Assert.InRange(most, 1, harness.Memory.Capacity);
        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Equal(0, harness.Faults.Count(BucketOperation.Put));
        Assert.Equal(1, harness.Faults.Count(BucketOperation.CompleteUpload));
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Empty(harness.Pending.Written);
    }

    [Fact]
    public async Task Nothing_is_to_be_seen_before_the_commit()
    {
        await using var harness = new StoreHarness(Small);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(10_000_000));

        Assert.True(harness.Faults.Count(BucketOperation.PutPart) > 10);
        Assert.Equal(0, harness.Objects.Count);
        Assert.Null(await harness.Store.FindAsync(writer.Id, default));
        await writer.AbortAsync("unlinked");
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Equal(0, harness.Objects.Count);
        Assert.Empty(harness.Pending.Written);
    }

    [Fact]
    public async Task Pieces_may_arrive_somewhat_out_of_order()
    {
        await using var harness = new StoreHarness(Small);
        byte[] content = StoreHarness.Bytes(64 * PieceLength);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        for (int i = 0; i < 64; i += 2)
        {
            await StoreHarness.WriteInPiecesAsync(writer, content.AsMemory((i + 1) * PieceLength, PieceLength), (i + 1) * PieceLength);
            await StoreHarness.WriteInPiecesAsync(writer, content.AsMemory(i * PieceLength, PieceLength), i * PieceLength);
        }

        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(content, await harness.PlainAsync(info.Key));
    }

    [Fact]
    public async Task What_comes_far_too_early_may_take_free_memory_after_a_while()
    {
        await using var harness = new StoreHarness(Small with { Memory = 16 << 20 });
        byte[] content = StoreHarness.Bytes(80 * PieceLength);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        await StoreHarness.WriteInPiecesAsync(writer, content.AsMemory(PieceLength), PieceLength);

        Assert.Empty(harness.Faults.Calls);
        await StoreHarness.WriteInPiecesAsync(writer, content.AsMemory(0, PieceLength), 0);
        AttachmentInfo info = await writer.CommitAsync(default);
        Assert.Equal(content, await harness.PlainAsync(info.Key));
    }

    [Fact]
    public async Task Two_writers_of_large_files_do_not_wait_for_each_other()
    {
        await using var harness = new StoreHarness(Small);
        byte[][] contents = [StoreHarness.Bytes(9_000_000, 1), StoreHarness.Bytes(9_000_000, 2), StoreHarness.Bytes(9_000_000, 3)];

        AttachmentInfo[] infos = await Task.WhenAll(contents.Select(async content =>
        {
            AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
            await StoreHarness.WriteInPiecesAsync(writer, content);
            return await writer.CommitAsync(default);
        }));

        for (int i = 0; i < contents.Length; i++)
            Assert.Equal(contents[i], await harness.PlainAsync(infos[i].Key));
    }

    [Theory]
    [InlineData(BucketOperation.BeginUpload)]
    [InlineData(BucketOperation.PutPart)]
    [InlineData(BucketOperation.CompleteUpload)]
    public async Task A_failure_anywhere_fails_the_attachment_and_leaves_nothing(BucketOperation operation)
    {
        await using var harness = new StoreHarness(Small);
        harness.Faults.Inject(operation, Fault.Fail(BucketErrorKind.Forbidden), times: 1);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, async () =>
        {
            await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(10_000_000));
            await writer.CommitAsync(default);
        });

        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, () => writer.CommitAsync(default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Empty(harness.Pending.Written);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_that_finds_another_object_of_its_name_leaves_it_alone(bool encrypted)
    {
        await using var harness = new StoreHarness(Small with { Encrypted = encrypted });
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        string key = harness.Layout.UsualKey(writer.Id);
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(10_000_000));
        await harness.PutRawAsync(key, StoreHarness.Bytes(500, 9));

        await StoreHarness.FailsAsync(AttachmentError.Exists, () => writer.CommitAsync(default));

        await harness.SettleAsync();
        Assert.Equal(StoreHarness.Bytes(500, 9), await harness.RawAsync(key));
        Assert.Equal(0, harness.Objects.Uploads);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_completion_whose_answer_was_lost_has_succeeded(bool encrypted, bool retried)
    {
        await using var harness = new StoreHarness(Small with { Encrypted = encrypted, Wrap = retried ? StoreHarness.OneRetry : null });
        harness.Faults.Inject(BucketOperation.CompleteUpload, Fault.LoseAnswer(), times: 1);
        byte[] content = StoreHarness.Bytes(10_000_000);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        await StoreHarness.WriteInPiecesAsync(writer, content);
        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(content, await harness.PlainAsync(info.Key));
        Assert.Empty(harness.Pending.Written);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_object_of_the_same_length_is_not_taken_for_the_one_that_was_completed(bool encrypted)
    {
        await using var harness = new StoreHarness(Small with { Encrypted = encrypted });
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        string key = harness.Layout.UsualKey(writer.Id);
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(10_000_000));
        byte[] foreign = StoreHarness.Bytes(10_000_000 + harness.Envelope.HeaderLength + harness.Envelope.TrailerLength, 9);
        await harness.PutRawAsync(key, foreign);
        harness.Faults.Inject(BucketOperation.CompleteUpload, Fault.Fail(BucketErrorKind.Timeout));

        await StoreHarness.FailsAsync(AttachmentError.TimedOut, () => writer.CommitAsync(default));

        await harness.SettleAsync();
        Assert.Equal(foreign, await harness.RawAsync(key));
        Assert.Equal(0, harness.Objects.Uploads);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_part_whose_answer_was_lost_and_that_is_sent_again_is_the_same_part(bool encrypted)
    {
        await using var harness = new StoreHarness(Small with { Encrypted = encrypted, Wrap = StoreHarness.OneRetry });
        FaultRule lost = harness.Faults.Inject(BucketOperation.PutPart, Fault.LoseAnswer(), times: 1);
        byte[] content = StoreHarness.Bytes(10_000_000);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        await StoreHarness.WriteInPiecesAsync(writer, content);
        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(1, lost.Hits);
        Assert.Equal(content, await harness.PlainAsync(info.Key));
    }

    [Fact]
    public async Task A_completion_of_unknown_outcome_leaves_nothing_that_was_not_acknowledged()
    {
        await using var harness = new StoreHarness(Small);
        harness.Faults.Inject(BucketOperation.CompleteUpload, Fault.LoseAnswer());
        harness.Faults.Inject(BucketOperation.Get, Fault.Fail(BucketErrorKind.Throttled));
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(10_000_000));

        await StoreHarness.FailsAsync(AttachmentError.Unreachable, () => writer.CommitAsync(default));

        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task What_is_on_its_way_cannot_be_written_again()
    {
        await using var harness = new StoreHarness(Small);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(10_000_000));

        await StoreHarness.FailsAsync(AttachmentError.Immutable, () => Task.FromResult(writer.TryWrite(0, new byte[1])));

        await StoreHarness.FailsAsync(AttachmentError.Immutable, () => writer.CommitAsync(default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task A_hole_fails_at_the_commit_and_leaves_nothing()
    {
        await using var harness = new StoreHarness(Small);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(5_000_000));
        await StoreHarness.WriteInPiecesAsync(writer, StoreHarness.Bytes(1000), offset: 5_000_001);

        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => writer.CommitAsync(default));

        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
        Assert.Equal(0, harness.Objects.Uploads);
    }

    [Fact]
    public async Task A_slow_bucket_makes_the_writer_wait_and_nothing_more()
    {
        await using var harness = new StoreHarness(Small);
        FaultRule stall = harness.Faults.Inject(BucketOperation.PutPart, Fault.Stall());
        byte[] content = StoreHarness.Bytes(10_000_000);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        Task writing = StoreHarness.WriteInPiecesAsync(writer, content);
        await stall.Reached;
        await Task.Delay(TimeSpan.FromSeconds(1.5)); // longer than the patience with other writers
        Assert.False(writing.IsCompleted);
        stall.Release();
        await writing;

        Assert.Equal(content, await harness.PlainAsync((await writer.CommitAsync(default)).Key));
    }

    [Fact]
    public async Task An_upload_that_a_crash_left_is_dropped_after_the_next_start()
    {
        await using var harness = new StoreHarness(Small);
        AttachmentId id = StoreHarness.NewId();
        string key = harness.Layout.UsualKey(id);
        string uploadId = await harness.Objects.BeginUploadAsync(key, new PutOptions(), default);
        await harness.Objects.PutPartAsync(key, uploadId, new PartPlace(1, 0, IsLast: false), new BytesSource(StoreHarness.Bytes(1000)), default);
        await harness.Pending.HoldAsync(new PendingDelete(id, key, DateTimeOffset.UtcNow, new string('0', 64), uploadId, MayStillArrive: true));
        Assert.Equal(0, harness.Pending.Count);
        Assert.False(harness.Pending.Hides(id));

        await harness.SettleAsync();

        Assert.Equal(0, harness.Objects.Uploads);
        Assert.Empty(harness.Pending.Written);
    }

    [Theory]
    [InlineData("DICM", ".dcm.enc")]
    [InlineData("{\"a", ".json.enc")]
    [InlineData("abcd", ".unk.enc")]
    public async Task The_first_bytes_decide_the_name(string magic, string extension)
    {
        await using var harness = new StoreHarness(Small with { Flat = true });
        byte[] content = StoreHarness.Bytes(3_000_000);
        System.Text.Encoding.ASCII.GetBytes(magic, content.AsSpan(magic[0] == 'D' ? 128 : 0));
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await StoreHarness.WriteInPiecesAsync(writer, content);

        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(writer.Id + extension, info.Key);
        Assert.IsType<FlatLayout>(harness.Layout);
    }
}
