using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>One budget bounds everything; whoever does not fit waits, and whoever cannot fit is told.</summary>
public sealed class MemoryPressureTests
{
    private const int Page = StagingMemory.PageSize;

    [Fact]
    public async Task Writers_wait_for_their_share_when_they_are_created()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page });
        AttachmentWriter[] writers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => harness.Store.CreateAsync(StoreHarness.NewId(), default)));
        using var impatient = new CancellationTokenSource();
        Task<AttachmentWriter> cancelled = harness.Store.CreateAsync(StoreHarness.NewId(), impatient.Token);
        Task<AttachmentWriter> fifth = harness.Store.CreateAsync(StoreHarness.NewId(), default);
        Assert.Equal(2, harness.Memory.Waiting);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(fifth.IsCompleted);

        await writers[0].AbortAsync("done");

        await (await fifth).AbortAsync("done");
    }

    [Fact]
    public async Task Readers_wait_in_order_of_arrival()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page });
        AttachmentInfo large = await harness.StoreAsync(StoreHarness.Bytes(2 * Page));
        AttachmentInfo small = await harness.StoreAsync(StoreHarness.Bytes(10));
        await harness.EvictAsync();
        await harness.Memory.ReserveAsync(7 * Page, ReservationPriority.Queue, default);
        Task<byte[]> first = harness.ReadAsync(large);
        await StoreHarness.EventuallyAsync(() => harness.Memory.Waiting == 1, "the first one waits");
        Task<byte[]> second = harness.ReadAsync(small);
        await StoreHarness.EventuallyAsync(() => harness.Memory.Waiting == 2, "the second one waits although it would fit");

        harness.Memory.Release(7 * Page);

        Assert.Equal(StoreHarness.Bytes(2 * Page), await first);
        Assert.Equal(StoreHarness.Bytes(10), await second);
    }

    [Fact]
    public async Task Growth_gets_the_room_that_is_freed_in_time()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page });
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await harness.Memory.ReserveAsync(6 * Page, ReservationPriority.Queue, default);
        StoreHarness.Write(writer, StoreHarness.Bytes(2 * Page));
        Assert.False(writer.TryWrite(2 * Page, StoreHarness.Bytes(Page, 2)));
        Task room = writer.WaitForRoomAsync(2 * Page, Page, default);
        Assert.False(room.IsCompleted);

        harness.Memory.Release(6 * Page);
        await room;
        StoreHarness.Write(writer, StoreHarness.Bytes(Page, 2), 2 * Page);

        AttachmentInfo info = await writer.CommitAsync(default);
        byte[] expected = [.. StoreHarness.Bytes(2 * Page), .. StoreHarness.Bytes(Page, 2)];
        Assert.Equal(expected, await harness.ReadAsync(info));
    }

    [Fact]
    public async Task Growth_that_finds_no_room_fails_the_attachment_for_good()
    {
        var options = new AttachmentStoreOptions { GrowthPatience = TimeSpan.FromMilliseconds(50) };
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page, Options = options });
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        await harness.Memory.ReserveAsync(6 * Page, ReservationPriority.Queue, default);
        StoreHarness.Write(writer, StoreHarness.Bytes(2 * Page));
        Assert.False(writer.TryWrite(2 * Page, new byte[1]));

        await StoreHarness.FailsAsync(AttachmentError.NoRoom, () => writer.WaitForRoomAsync(2 * Page, 1, default));

        await StoreHarness.FailsAsync(AttachmentError.NoRoom, () => writer.CommitAsync(default));
        Assert.Equal(6 * Page, harness.Memory.Reserved);
        harness.Memory.Release(6 * Page);
        Assert.Empty(harness.Faults.Calls);
    }

    [Theory]
    [InlineData(8 * Page)]
    [InlineData(long.MaxValue - 1)]
    public async Task What_can_never_fit_is_refused_at_once(long offset)
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page });
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);

        Assert.Equal(AttachmentError.TooLarge, Assert.Throws<AttachmentException>(() => writer.TryWrite(offset, new byte[1])).Error);

        await StoreHarness.FailsAsync(AttachmentError.TooLarge, () => writer.CommitAsync(default));
        Assert.Equal(0, harness.Memory.Reserved);
    }

    [Fact]
    public async Task A_stored_object_larger_than_the_memory_is_found_and_refused_on_open()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page });
        AttachmentId id = StoreHarness.NewId();
        await harness.PutRawAsync(harness.Layout.UsualKey(id), StoreHarness.Bytes((8 * Page) + 87));

        AttachmentInfo? found = await harness.Store.FindAsync(id, default);

        Assert.Equal((8 * Page) + 1, found!.Length);
        await StoreHarness.FailsAsync(AttachmentError.TooLarge, () => harness.Store.OpenAsync(found, default));
    }

    [Fact]
    public async Task A_look_up_under_pressure_drops_the_body_and_open_fetches_it()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * Page });
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(100));
        await harness.EvictAsync();
        harness.Faults.ClearCalls();
        await harness.Memory.ReserveAsync(8 * Page, ReservationPriority.Queue, default);

        AttachmentInfo? found = await harness.Store.FindAsync(info.Id, default);
        Assert.Equal(100, found!.Length);
        Task<byte[]> open = harness.ReadAsync(found);
        await StoreHarness.EventuallyAsync(() => harness.Memory.Waiting == 1, "open waits for room");
        harness.Memory.Release(8 * Page);

        Assert.Equal(StoreHarness.Bytes(100), await open);
        Assert.Equal(2, harness.Faults.Count(BucketOperation.Get));
    }

    [Fact]
    public async Task Many_readers_and_writers_over_a_small_budget_all_finish()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 1 << 20 });
        long exceeded = 0;
        async Task WorkAsync(int seed)
        {
            var random = new Random(seed);
            for (int round = 0; round < 25; round++)
            {
                byte[] content = StoreHarness.Bytes(random.Next(200_000), random.Next());
                AttachmentInfo info = await harness.StoreAsync(content);
                AttachmentInfo? found = await harness.Store.FindAsync(info.Id, default);
                Assert.Equal(content, await harness.ReadAsync(found!));
                if (harness.Memory.Reserved > harness.Memory.Capacity)
                    Interlocked.Increment(ref exceeded);
                await harness.Store.DeleteAsync(info, default);
                Assert.Null(await harness.Store.FindAsync(info.Id, default));
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 24).Select(seed => Task.Run(() => WorkAsync(seed)))).WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(0, exceeded);
        await harness.DeletedAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task Content_reclaimed_in_the_moment_of_its_last_close_is_given_back_once()
    {
        using var memory = new StagingMemory(4 * Page);
        var cache = new ContentCache(memory);
        AttachmentId id = StoreHarness.NewId();
        var info = new AttachmentInfo(id, "key", 0, DateTimeOffset.UnixEpoch, true);
        for (int round = 0; round < 20_000; round++)
        {
            await memory.ReserveAsync(Page, ReservationPriority.Queue, default);
            var content = new WholeContent(info, new StagedContent(memory), Page, null, null);
            cache.Add(content, pins: 1);
            Task reclaiming = Task.Run(() =>
            {
                while (cache.Reclaim(Page) == 0)
                    Thread.Yield();
            });
            cache.Unpin(content);
            await reclaiming;
            Assert.Equal(0, memory.Reserved);
        }
    }
}
