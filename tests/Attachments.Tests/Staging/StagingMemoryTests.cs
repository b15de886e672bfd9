using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Staging;

public sealed class StagingMemoryTests : IDisposable
{
    private const long Page = StagingMemory.PageSize;
    private const long Capacity = 4 * Page;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly StagingMemory _memory = new(Capacity + Page - 1);

    [Fact]
    public void Capacity_is_whole_pages()
    {
        Assert.Equal(Capacity, _memory.Capacity);
        Assert.Throws<ArgumentOutOfRangeException>(() => new StagingMemory(Page - 1));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, Page)]
    [InlineData(Page, Page)]
    [InlineData(Page + 1, 2 * Page)]
    public void Lengths_are_rounded_up_to_whole_pages(long length, long expected) => Assert.Equal(expected, StagingMemory.RoundUp(length));

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - Page + 2)]
    public void The_longest_lengths_do_not_wrap_around(long length) => Assert.True(StagingMemory.RoundUp(length) >= length);

    [Fact]
    public void What_is_reserved_is_counted_until_released()
    {
        Assert.True(_memory.TryReserve(Capacity, ReservationPriority.Queue));
        Assert.Equal(Capacity, _memory.Reserved);
        Assert.False(_memory.TryReserve(1, ReservationPriority.Queue));
        Assert.False(_memory.TryReserve(1, ReservationPriority.Grow));
        _memory.Release(Page);
        Assert.False(_memory.TryReserve(Page + 1, ReservationPriority.Queue));
        Assert.True(_memory.TryReserve(Page, ReservationPriority.Queue));
        _memory.Release(Capacity);
        Assert.Equal(0, _memory.Reserved);
    }

    [Fact]
    public async Task More_than_everything_is_refused_at_once()
    {
        Assert.False(_memory.TryReserve(Capacity + 1, ReservationPriority.Grow));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await _memory.ReserveAsync(Capacity + 1, ReservationPriority.Queue, CancellationToken.None));
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_order_of_arrival()
    {
        Fill();
        Task large = Wait(2 * Page, ReservationPriority.Queue);
        Task small = Wait(Page, ReservationPriority.Queue);
        Assert.Equal(2, _memory.Waiting);

        _memory.Release(Page);
        Assert.Equal(2, _memory.Waiting);
        Assert.False(_memory.TryReserve(Page, ReservationPriority.Queue));

        _memory.Release(Page);
        await large.WaitAsync(Patience);
        Assert.False(small.IsCompleted);
        _memory.Release(Page);
        await small.WaitAsync(Patience);
        Assert.Equal(Capacity, _memory.Reserved);
    }

    [Fact]
    public async Task Growing_content_goes_before_everybody_else()
    {
        Fill();
        Task queued = Wait(Page, ReservationPriority.Queue);
        Task growing = Wait(2 * Page, ReservationPriority.Grow);
        _memory.Release(Page);
        Assert.False(queued.IsCompleted);
        Assert.False(_memory.TryReserve(Page, ReservationPriority.Grow));

        _memory.Release(Page);
        await growing.WaitAsync(Patience);
        Assert.False(queued.IsCompleted);
        _memory.Release(Page);
        await queued.WaitAsync(Patience);
    }

    [Fact]
    public void Growing_content_takes_free_room_past_the_queue()
    {
        Fill();
        Task queued = Wait(Capacity, ReservationPriority.Queue);
        _memory.Release(Page);
        Assert.True(_memory.TryReserve(Page, ReservationPriority.Grow));
        Assert.False(queued.IsCompleted);
    }

    [Fact]
    public async Task Nothing_is_always_to_be_had()
    {
        Fill();
        Task growing = Wait(Page, ReservationPriority.Grow);
        Assert.True(_memory.TryReserve(0, ReservationPriority.Queue));
        await _memory.ReserveAsync(0, ReservationPriority.Grow, CancellationToken.None).AsTask().WaitAsync(Patience);
        Assert.False(growing.IsCompleted);
    }

    [Fact]
    public void Clean_content_is_reclaimed_before_anybody_waits()
    {
        Fill();
        List<long> asked = [];
        _memory.ReclaimFrom(missing =>
        {
            asked.Add(missing);
            _memory.Release(Page);
            return Page;
        });
        Assert.True(_memory.TryReserve(2 * Page, ReservationPriority.Queue));
        Assert.Equal([2 * Page, Page], asked);
        Assert.Equal(Capacity, _memory.Reserved);
    }

    [Fact]
    public void No_more_is_reclaimed_than_needed()
    {
        _memory.ReclaimFrom(_ => throw new InvalidOperationException("There was room."));
        Assert.True(_memory.TryReserve(Capacity, ReservationPriority.Queue));
        Assert.False(_memory.TryReserve(Capacity + 1, ReservationPriority.Queue));
    }

    [Fact]
    public async Task Content_that_becomes_clean_serves_all_who_fit()
    {
        Fill();
        Task first = Wait(Page, ReservationPriority.Queue);
        Task second = Wait(Page, ReservationPriority.Queue);
        Task third = Wait(2 * Page, ReservationPriority.Queue);
        int clean = 3;
        _memory.ReclaimFrom(_ =>
        {
            if (clean == 0)
                return 0;
            clean--;
            _memory.Release(Page);
            return Page;
        });
        _memory.OfferReclaimable();
        await Task.WhenAll(first, second).WaitAsync(Patience);
        Assert.False(third.IsCompleted);
        Assert.Equal((0, 1), (clean, _memory.Waiting));
    }

    [Fact]
    public async Task Who_gives_up_waiting_reserves_nothing_and_blocks_nobody()
    {
        Fill();
        using var giveUp = new CancellationTokenSource();
        Task large = _memory.ReserveAsync(2 * Page, ReservationPriority.Queue, giveUp.Token).AsTask();
        Task small = Wait(Page, ReservationPriority.Queue);
        _memory.Release(Page);
        Assert.False(small.IsCompleted);

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small.WaitAsync(Patience);
        Assert.Equal(Capacity, _memory.Reserved);
        Assert.Equal(0, _memory.Waiting);
    }

    [Fact]
    public async Task Pages_are_cleared_before_they_are_used_again()
    {
        StagingPage page = _memory.TakePage();
        Assert.Equal(-1, page.GetSpan().IndexOfAnyExcept((byte)0));
        page.GetSpan().Fill(0xAA);
        _memory.ReturnPage(page);
        Assert.Equal(-1, page.GetSpan().IndexOfAnyExcept((byte)0));
        StagingPage again = await Task.Run(_memory.TakePage);
        Assert.Same(page, again);
        _memory.ReturnPage(again);
    }

    [Fact]
    public void The_end_of_the_memory_ends_the_waiting()
    {
        Fill();
        Task queued = Wait(Page, ReservationPriority.Queue);
        Task growing = Wait(Page, ReservationPriority.Grow);
        _memory.Dispose();
        Assert.Throws<AggregateException>(() => Task.WaitAll([queued, growing], Patience));
        Assert.True(queued.IsCanceled && growing.IsCanceled);
        Assert.Equal(Capacity, _memory.Reserved);
    }

    public void Dispose() => _memory.Dispose();

    private void Fill() => Assert.True(_memory.TryReserve(Capacity, ReservationPriority.Queue));

    private Task Wait(long bytes, ReservationPriority priority)
    {
        int before = _memory.Waiting;
        Task waiting = _memory.ReserveAsync(bytes, priority, CancellationToken.None).AsTask();
        Assert.Equal(before + 1, _memory.Waiting);
        return waiting;
    }
}
