using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Staging;

/// <summary>The budget under callers that run, wait and give up at the same time.</summary>
public sealed class StagingMemoryStressTests
{
    private const long Page = StagingMemory.PageSize;
    private const int Callers = 8;
    private const int Rounds = 10_000;
    private const int Races = 5_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Never_more_is_out_than_there_is_and_nothing_is_lost()
    {
        using var memory = new StagingMemory(10 * Page);
        long held = 0, highest = 0, clean = 0;
        int granted = 0, givenUp = 0;
        memory.ReclaimFrom(_ =>
        {
            long bytes = Interlocked.Exchange(ref clean, 0);
            Interlocked.Add(ref held, -bytes);
            memory.Release(bytes);
            return bytes;
        });

        async Task Call(int seed)
        {
            var random = new Random(seed);
            for (int round = 0; round < Rounds; round++)
            {
                long bytes = random.Next(1, 7) * Page;
                var priority = (ReservationPriority)random.Next(2);
                using var giveUp = new CancellationTokenSource();
                ValueTask reserving = memory.ReserveAsync(bytes, priority, giveUp.Token);
                if (random.Next(3) == 0)
                    await giveUp.CancelAsync();
                try
                {
                    await reserving;
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref givenUp);
                    continue;
                }

                Interlocked.Increment(ref granted);
                InterlockedMax(ref highest, Interlocked.Add(ref held, bytes));
                if (random.Next(4) == 0)
                    await Task.Yield();
                if (random.Next(4) == 0)
                {
                    Interlocked.Add(ref clean, bytes);
                    memory.OfferReclaimable();
                    continue;
                }

                Interlocked.Add(ref held, -bytes);
                memory.Release(bytes);
            }
        }

        // All of them wait, or have given up waiting, before the first is granted anything: a busy machine may run one after the other.
        Assert.True(memory.TryReserve(memory.Capacity, ReservationPriority.Queue));
        Task callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(seed => Task.Run(() => Call(seed))));
        while (memory.Waiting < Callers && !callers.IsCompleted)
            await Task.Delay(1);
        memory.Release(memory.Capacity);
        await callers.WaitAsync(Patience);

        Assert.InRange(highest, Page, memory.Capacity);
        Assert.Equal(Callers * Rounds, granted + givenUp);
        Assert.True(granted > Rounds && givenUp > 0, $"{granted} granted, {givenUp} given up");
        Assert.Equal(0, memory.Waiting);
        Assert.Equal(clean, memory.Reserved);
    }

    [Fact]
    public async Task Giving_up_in_the_moment_of_the_grant_leaks_nothing()
    {
        using var memory = new StagingMemory(Page);
        int givenUpAfterGrant = 0;
        for (int race = 0; race < Races; race++)
        {
            Assert.True(memory.TryReserve(Page, ReservationPriority.Queue));
            using var giveUp = new CancellationTokenSource();
            Task waiting = memory.ReserveAsync(Page, (ReservationPriority)(race % 2), giveUp.Token).AsTask();

            // The release grants at once, but wakes who waits on another thread: the cancellation comes before that, or with it.
            memory.Release(Page);
            Assert.Equal((Page, 0), (memory.Reserved, memory.Waiting));
            await giveUp.CancelAsync();
            if (await WasGranted(waiting))
                memory.Release(Page);
            else
                givenUpAfterGrant++;
            Assert.Equal((0L, 0), (memory.Reserved, memory.Waiting));
        }

        Assert.True(givenUpAfterGrant > 0, "That moment was never met.");
    }

    [Fact]
    public async Task Giving_up_beside_a_release_leaks_nothing()
    {
        using var memory = new StagingMemory(Page);
        var random = new Random(1);
        for (int race = 0; race < Races; race++)
        {
            Assert.True(memory.TryReserve(Page, ReservationPriority.Queue));
            using var giveUp = new CancellationTokenSource();
            Task waiting = memory.ReserveAsync(Page, (ReservationPriority)(race % 2), giveUp.Token).AsTask();
            using var start = new Barrier(2);
            int lead = random.Next(-200, 200);
            Task cancelling = Task.Run(() =>
            {
                start.SignalAndWait();
                Thread.SpinWait(Math.Max(0, lead));
                giveUp.Cancel();
            });
            start.SignalAndWait();
            Thread.SpinWait(Math.Max(0, -lead));
            memory.Release(Page);
            await cancelling.WaitAsync(Patience);
            if (await WasGranted(waiting))
                memory.Release(Page);
            Assert.Equal((0L, 0), (memory.Reserved, memory.Waiting));
        }
    }

    private static async Task<bool> WasGranted(Task waiting)
    {
        try
        {
            await waiting.WaitAsync(Patience);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static void InterlockedMax(ref long highest, long value)
    {
        long seen;
        while ((seen = Volatile.Read(ref highest)) < value && Interlocked.CompareExchange(ref highest, value, seen) != seen)
        {
        }
    }
}
