using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(StagingMemory.PageSize - 1)]
    [InlineData(StagingMemory.PageSize)]
    [InlineData(StagingMemory.PageSize + 1)]
    [InlineData(1 << 20)]
    public async Task What_was_stored_is_read_back_from_memory_and_from_the_bucket(int length)
    {
        await using var harness = new StoreHarness();
        byte[] content = StoreHarness.Bytes(length);

        AttachmentInfo info = await harness.StoreAsync(content);

        Assert.Equal(length, info.Length);
        Assert.Equal(content, await harness.ReadAsync(info));
        await harness.EvictAsync();
        AttachmentInfo? found = await harness.Store.FindAsync(info.Id, default);
        Assert.NotNull(found);
        Assert.Equal(length, found.Length);
        Assert.Equal(content, await harness.ReadAsync(found));
        byte[]? raw = await harness.RawAsync(info.Key);
        Assert.NotNull(raw);
        Assert.Equal(length + 86, raw.Length);
        Assert.True(length < 16 || raw.AsSpan().IndexOf(content.AsSpan(0, 16)) < 0, "plain content in the bucket");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Writes_in_any_order_and_over_each_other_make_the_same_content(int seed)
    {
        await using var harness = new StoreHarness();
        var random = new Random(seed);
        byte[] content = StoreHarness.Bytes(random.Next(100_000, 400_000), seed);
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        (int Start, int Length)[] pieces = [.. Enumerable.Range(0, (content.Length / 5000) + 1)
            .Select(i => (Start: i * 5000, Length: Math.Min(random.Next(5000, 20_000), content.Length - (i * 5000))))
            .Where(piece => piece.Length > 0)];
        random.Shuffle(pieces);
        foreach ((int start, int length) in pieces)
        {
            StoreHarness.Write(writer, StoreHarness.Bytes(length, start), start);
            StoreHarness.Write(writer, content.AsSpan(start, length), start);
        }

        AttachmentInfo info = await writer.CommitAsync(default);
        await harness.EvictAsync();

        Assert.Equal(content, await harness.ReadAsync(info));
    }

    [Fact]
    public async Task Cutting_and_writing_on_leaves_nothing_of_what_was_cut()
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(50_000));
        writer.SetLength(20_001);
        writer.SetLength(40_000);
        byte[] behind = new byte[20_000];
        Assert.Equal(19_999, writer.Read(20_001, behind));
        Assert.True(behind.All(b => b == 0));
        StoreHarness.Write(writer, StoreHarness.Bytes(19_999, 2), 20_001);

        AttachmentInfo info = await writer.CommitAsync(default);
        await harness.EvictAsync();

        byte[] expected = [.. StoreHarness.Bytes(50_000).Take(20_001), .. StoreHarness.Bytes(19_999, 2)];
        Assert.Equal(expected, await harness.ReadAsync(info));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hole_fails_the_commit_and_puts_nothing(bool byExtending)
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(100));
        if (byExtending)
            writer.SetLength(101);
        else
            StoreHarness.Write(writer, StoreHarness.Bytes(100), 101);

        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => writer.CommitAsync(default));
        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => writer.CommitAsync(default));

        Assert.Empty(harness.Faults.Calls);
        Assert.Equal(0, harness.Memory.Reserved);
        Assert.Null(await harness.Store.FindAsync(writer.Id, default));
    }

    [Fact]
    public async Task A_committed_attachment_cannot_be_changed()
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(10));
        AttachmentInfo info = await writer.CommitAsync(default);

        Assert.Equal(AttachmentError.Immutable, Assert.Throws<AttachmentException>(() => writer.TryWrite(0, new byte[1])).Error);
        Assert.Equal(AttachmentError.Immutable, Assert.Throws<AttachmentException>(() => writer.SetLength(0)).Error);
        await writer.AbortAsync("too late");

        Assert.Same(info, await writer.CommitAsync(default));
        Assert.Equal(StoreHarness.Bytes(10), await harness.ReadAsync(info));
    }

    [Fact]
    public async Task A_failure_is_latched_and_the_first_one_stays()
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(10));
        writer.Fail(new AttachmentException(AttachmentError.Incomplete, "a write failed"));
        writer.Fail(new AttachmentException(AttachmentError.NoRoom, "another one"));

        Assert.Equal(AttachmentError.Incomplete, Assert.Throws<AttachmentException>(() => writer.TryWrite(0, new byte[1])).Error);
        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => writer.CommitAsync(default));
        Assert.Empty(harness.Faults.Calls);
    }

    [Fact]
    public async Task An_attachment_being_written_is_not_found_and_its_name_is_free_after_it_was_given_up()
    {
        await using var harness = new StoreHarness();
        AttachmentId id = StoreHarness.NewId();
        AttachmentWriter writer = await harness.Store.CreateAsync(id, default);
        StoreHarness.Write(writer, StoreHarness.Bytes(10));
        Assert.Null(await harness.Store.FindAsync(id, default));
        await StoreHarness.FailsAsync(AttachmentError.Busy, () => harness.Store.CreateAsync(id, default));

        await writer.AbortAsync("unlinked");

        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => writer.CommitAsync(default));
        Assert.Null(await harness.Store.FindAsync(id, default));
        AttachmentInfo info = await harness.StoreAsync([1, 2, 3], id);
        Assert.Equal([1, 2, 3], await harness.ReadAsync(info));
    }

    [Fact]
    public async Task Many_callers_share_one_commit_and_one_who_gives_up_does_not_end_it()
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(10));
        FaultRule stall = harness.Faults.Inject(BucketOperation.Put, Fault.Stall());
        using var impatient = new CancellationTokenSource();
        Task<AttachmentInfo> givingUp = writer.CommitAsync(impatient.Token);
        Task<AttachmentInfo>[] others = [.. Enumerable.Range(0, 20).Select(_ => writer.CommitAsync(default))];
        await stall.Reached;

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givingUp);
        Assert.DoesNotContain(others, other => other.IsCompleted);
        stall.Release();

        AttachmentInfo[] infos = await Task.WhenAll(others);
        Assert.Single(infos.Distinct());
        Assert.Equal(1, harness.Faults.Count(BucketOperation.Put));
        Assert.Equal(StoreHarness.Bytes(10), await harness.ReadAsync(infos[0]));
    }

    [Fact]
    public async Task A_look_up_that_began_before_the_store_does_not_hide_the_attachment()
    {
        await using var harness = new StoreHarness();
        AttachmentId id = StoreHarness.NewId();
        FaultRule stall = harness.Faults.Inject(BucketOperation.Get, Fault.Stall(), times: 1);
        Task<AttachmentInfo?> early = harness.Store.FindAsync(id, default);
        await stall.Reached;
        await harness.StoreAsync(StoreHarness.Bytes(1000), id);
        await harness.EvictAsync();

        Assert.NotNull(await harness.Store.FindAsync(id, default));

        Assert.False(early.IsCompleted);
        stall.Release();
        await early;
    }
}
