using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests;

/// <summary>The bound of requests at once, and how it follows the provider.</summary>
public sealed class AdaptiveBucketTests : BucketContract
{
    private static readonly BytesSource Source = new(new byte[100]);

    private readonly FaultyBucket _faulty = new(new MemoryBucket());

    private AdaptiveBucket Adaptive => (AdaptiveBucket)Bucket;

    protected override ValueTask<IBucket> OpenAsync() => ValueTask.FromResult<IBucket>(
        new AdaptiveBucket(_faulty, maxRequests: 16, NullLogger<AdaptiveBucket>.Instance));

    [Fact]
    public async Task No_more_requests_than_the_bound_run_at_once_and_the_others_follow_in_order()
    {
        var stall = _faulty.Inject(BucketOperation.Put, Fault.Stall());
        Task[] puts = [.. Enumerable.Range(0, 40).Select(i => PutAsync($"{i:d2}"))];
        Assert.Equal(16, _faulty.Count(BucketOperation.Put));

        stall.Release();
        await Task.WhenAll(puts);

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i:d2}").Take(16), _faulty.Calls.Take(16).Select(call => call.Key));
        Assert.Equal(40, _faulty.Count(BucketOperation.Put));
    }

    [Fact]
    public async Task A_wish_to_slow_down_halves_the_bound_and_successes_raise_it_again()
    {
        foreach (var expected in new[] { 8, 4, 2, 1, 1 })
        {
            _faulty.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Throttled), times: 1);
            await Assert.ThrowsAsync<BucketException>(() => PutAsync("object"));
            Assert.Equal(expected, Adaptive.RequestLimit);
        }

        var needed = 0;
        for (; Adaptive.RequestLimit < 16; needed++)
            await PutAsync("object");

        Assert.InRange(needed, 100, 150); // 1 + 2 + … + 15, and what rounding adds
        await PutAsync("object");
        Assert.Equal(16, Adaptive.RequestLimit);
    }

    [Fact]
    public async Task Of_the_requests_that_ran_together_only_one_counts()
    {
        var gate = new RequestGate(most: 16, TimeProvider.System);
        int[] together = [await gate.EnterAsync(default), await gate.EnterAsync(default), await gate.EnterAsync(default)];
        Assert.Equal([8, null, null], together.Select(entered => gate.Throttled(entered, null)));
        Assert.Equal(4, gate.Throttled(await gate.EnterAsync(default), null));
    }

    [Fact]
    public async Task A_timer_that_comes_early_leaves_nobody_waiting()
    {
        var time = new EarlyTimers();
        var gate = new RequestGate(most: 16, time);
        gate.Throttled(await gate.EnterAsync(default), TimeSpan.FromSeconds(10));
        var waiting = gate.EnterAsync(default);

        time.Fire(after: TimeSpan.FromSeconds(9.9));
        Assert.False(waiting.IsCompleted);
        time.Fire(after: TimeSpan.FromSeconds(0.2));

        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(BucketErrorKind.ProviderFailure)]
    [InlineData(BucketErrorKind.Network)]
    [InlineData(BucketErrorKind.Forbidden)]
    public async Task Other_failures_leave_the_bound_alone(BucketErrorKind kind)
    {
        _faulty.Inject(BucketOperation.Put, Fault.Fail(kind), times: 3);
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<BucketException>(() => PutAsync("object"));
        Assert.Equal(16, Adaptive.RequestLimit);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => PutAsync("object"))); // no place was lost
    }

    [Fact]
    public async Task Nothing_starts_while_the_provider_wants_it_to_wait()
    {
        _faulty.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Throttled, TimeSpan.FromMilliseconds(400)), times: 1);
        var started = TimeProvider.System.GetTimestamp(); // before that: it may take a while until this goes on
        await Assert.ThrowsAsync<BucketException>(() => PutAsync("first"));

        await Task.WhenAll(PutAsync("second"), Bucket.HeadAsync("first", default));

        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(390));
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_no_place()
    {
        var stall = _faulty.Inject(BucketOperation.Put, Fault.Stall());
        Task[] puts = [.. Enumerable.Range(0, 16).Select(i => PutAsync($"{i}"))];
        using var impatient = new CancellationTokenSource();
        var given = Bucket.PutAsync("given up", Source, new PutOptions(), impatient.Token);
        var patient = PutAsync("patient");
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        stall.Release();
        await Task.WhenAll([.. puts, patient]);

        Assert.Null(await Bucket.HeadAsync("given up", default));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => PutAsync("object")));
    }

    private Task PutAsync(string key) => Bucket.PutAsync(key, Source, new PutOptions(), default);

    /// <summary>A clock that stands still, and timers that fire when they are told to: once each, as they were set.</summary>
    private sealed class EarlyTimers : TimeProvider
    {
        private Action? _armed;
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _armed = () => callback(state);
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Fire(TimeSpan after)
        {
            _now += after.Ticks;
            var armed = _armed;
            _armed = null;
            armed?.Invoke();
        }
    }
}
