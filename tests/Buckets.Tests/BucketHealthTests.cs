using Microsoft.Extensions.Time.Testing;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests;

public sealed class BucketHealthTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FaultyBucket _faulty = new(new MemoryBucket());
    private readonly MeteredBucket _bucket;

    public BucketHealthTests() => _bucket = new MeteredBucket(_faulty, _time);

    private BucketHealth Health => _bucket.Health;

    [Fact]
    public async Task Nothing_is_wrong_with_a_bucket_that_answers()
    {
        await ListAsync();
        Assert.Null(await _bucket.HeadAsync("missing", default));
        AssertWell();
    }

    [Theory]
    [InlineData(BucketErrorKind.Forbidden)]
    [InlineData(BucketErrorKind.Unauthenticated)]
    [InlineData(BucketErrorKind.NoSuchBucket)]
    public async Task A_refusal_is_an_outage_at_once_until_something_succeeds(BucketErrorKind kind)
    {
        await FailAsync(kind, times: 1);
        Assert.Equal(new BucketOutage(kind, _time.GetUtcNow(), 1), Health.Outage);
        await ListAsync();
        Assert.Null(Health.Outage);
    }

    [Theory]
    [InlineData(BucketErrorKind.Network)]
    [InlineData(BucketErrorKind.Timeout)]
    [InlineData(BucketErrorKind.ProviderFailure)]
    public async Task What_may_pass_is_an_outage_when_it_repeats(BucketErrorKind kind)
    {
        DateTimeOffset since = _time.GetUtcNow();
        for (var attempt = 1; attempt < BucketHealth.MostInARow; attempt++)
        {
            await FailAsync(kind, times: 1);
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Null(Health.Outage);
        }
        await FailAsync(kind, times: 1);
        Assert.Equal(new BucketOutage(kind, since, BucketHealth.MostInARow), Health.Outage);
        await ListAsync();
        AssertWell();
    }

    [Fact]
    public async Task What_may_pass_is_an_outage_when_nothing_succeeds_for_a_while()
    {
        await FailAsync(BucketErrorKind.Network, times: 1);
        _time.Advance(BucketHealth.Patience - TimeSpan.FromMilliseconds(1));
        Assert.Null(Health.Outage);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Health.Outage?.Attempts);
    }

    [Fact]
    public async Task Failures_with_successes_between_them_are_no_outage()
    {
        for (var i = 0; i < 2 * BucketHealth.MostInARow; i++)
        {
            await FailAsync(BucketErrorKind.ProviderFailure, times: 1);
            await ListAsync();
        }
        AssertWell();
    }

    [Theory]
    [InlineData(BucketErrorKind.AlreadyExists)]
    [InlineData(BucketErrorKind.NoSuchUpload)]
    [InlineData(BucketErrorKind.Changed)]
    [InlineData(BucketErrorKind.Archived)]
    [InlineData(BucketErrorKind.Truncated)]
    [InlineData(BucketErrorKind.ChecksumMismatch)]
    [InlineData(BucketErrorKind.InvalidRequest)]
    public async Task What_concerns_one_object_says_nothing_of_the_bucket(BucketErrorKind kind)
    {
        await FailAsync(kind, times: 2 * BucketHealth.MostInARow);
        _time.Advance(BucketHealth.Patience);
        AssertWell();
    }

    [Fact]
    public async Task Throttling_is_no_outage_and_is_over_after_a_minute()
    {
        await FailAsync(BucketErrorKind.Throttled, times: 2 * BucketHealth.MostInARow);
        Assert.True(Health.IsThrottling);
        Assert.Null(Health.Outage);
        await ListAsync();
        Assert.True(Health.IsThrottling);
        _time.Advance(BucketHealth.ThrottlingLasts);
        AssertWell();
    }

    [Theory]
    [InlineData(BucketErrorKind.Forbidden)]
    [InlineData(BucketErrorKind.NoSpace)]
    public async Task An_operation_that_is_refused_is_told_of_until_it_succeeds(BucketErrorKind kind)
    {
        await FailAsync(kind, times: 1);
        await ListAsync();
        Assert.Null(Health.Outage);
        Assert.Equal([(BucketOperation.Head, kind)], Health.Refusals);
        await _bucket.HeadAsync("object", default);
        AssertWell();
    }

    [Fact]
    public async Task A_refusal_that_nobody_repeats_is_forgotten()
    {
        await FailAsync(BucketErrorKind.Forbidden, times: 1);
        await ListAsync();
        _time.Advance(BucketHealth.RefusalLasts);
        AssertWell();
    }

    [Fact]
    public async Task An_operation_that_stands_still_until_its_deadline_has_failed()
    {
        var retrying = RetryingBucketTests.Retrying(_bucket, timeout: TimeSpan.FromMilliseconds(50), health: Health);
        _faulty.Inject(BucketOperation.Head, Fault.Stall());
        var failure = await Assert.ThrowsAsync<BucketException>(() => retrying.HeadAsync("object", default));
        Assert.Equal(BucketErrorKind.Timeout, failure.Kind);
        _time.Advance(BucketHealth.Patience);
        Assert.Equal((BucketErrorKind.Timeout, 1), (Health.Outage?.Kind, Health.Outage?.Attempts));
    }

    [Fact]
    public async Task The_end_of_an_outage_is_told_once_and_that_of_a_passing_failure_is_not()
    {
        int told = 0;
        Health.Recovered += (_, _) => told++;
        await FailAsync(BucketErrorKind.Network, times: 1);
        await ListAsync();
        Assert.Equal(0, told);
        await FailAsync(BucketErrorKind.Network, times: BucketHealth.MostInARow);
        await ListAsync();
        await ListAsync();
        Assert.Equal(1, told);
    }

    private void AssertWell()
    {
        Assert.Null(Health.Outage);
        Assert.False(Health.IsThrottling);
        Assert.Empty(Health.Refusals);
    }

    private Task<ListPage> ListAsync() => _bucket.ListAsync("", null, null, 1, default);

    private async Task FailAsync(BucketErrorKind kind, int times)
    {
        _faulty.Inject(BucketOperation.Head, Fault.Fail(kind), times: times);
        for (var i = 0; i < times; i++)
            await Assert.ThrowsAsync<BucketException>(() => _bucket.HeadAsync("object", default));
    }
}
