using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests;

public sealed class RetryingBucketTests : BucketContract
{
    private static readonly BytesSource Source = new(new byte[100]);

    private readonly FaultyBucket _faulty = new(new MemoryBucket());

    protected override ValueTask<IBucket> OpenAsync() => ValueTask.FromResult<IBucket>(Retrying(_faulty));

    internal static RetryingBucket Retrying(
        IBucket inner, int maxRetries = 10, TimeSpan? timeout = null, BucketHealth? health = null) => new(
        inner,
        new RetryOptions
        {
            MaxRetries = maxRetries,
            TotalTimeout = timeout ?? TimeSpan.FromSeconds(30),
            BaseDelay = TimeSpan.FromMilliseconds(1),
            MaxDelay = TimeSpan.FromMilliseconds(5),
        },
        NullLogger<RetryingBucket>.Instance,
        health: health);

    [Theory]
    [InlineData(BucketErrorKind.Throttled)]
    [InlineData(BucketErrorKind.ProviderFailure)]
    [InlineData(BucketErrorKind.Timeout)]
    [InlineData(BucketErrorKind.Network)]
    [InlineData(BucketErrorKind.Truncated)]
    [InlineData(BucketErrorKind.ChecksumMismatch)]
    public async Task What_may_pass_is_tried_again(BucketErrorKind kind)
    {
        _faulty.Inject(BucketOperation.Put, Fault.Fail(kind), times: 10);
        await Bucket.PutAsync("object", Source, new PutOptions(), default);
        Assert.Equal(11, _faulty.Count(BucketOperation.Put));
    }

    [Theory]
    [InlineData(BucketErrorKind.NoSuchBucket)]
    [InlineData(BucketErrorKind.Unauthenticated)]
    [InlineData(BucketErrorKind.Forbidden)]
    [InlineData(BucketErrorKind.AlreadyExists)]
    [InlineData(BucketErrorKind.Archived)]
    [InlineData(BucketErrorKind.NoSpace)]
    [InlineData(BucketErrorKind.InvalidRequest)]
    public async Task What_cannot_pass_is_not(BucketErrorKind kind)
    {
        _faulty.Inject(BucketOperation.Get, Fault.Fail(kind));
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal((kind, 1), (failure.Kind, _faulty.Count(BucketOperation.Get)));
    }

    [Fact]
    public async Task After_the_last_attempt_its_failure_is_told()
    {
        _faulty.Inject(BucketOperation.Head, Fault.Fail(BucketErrorKind.Throttled));
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.HeadAsync("object", default));
        Assert.Equal((BucketErrorKind.Throttled, 11), (failure.Kind, _faulty.Count(BucketOperation.Head)));
        Assert.Contains("attempt 11", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deadline_ends_retries_and_names_attempts_and_cause()
    {
        await using var bucket = Retrying(_faulty, maxRetries: int.MaxValue, timeout: TimeSpan.FromMilliseconds(200));
        _faulty.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.ProviderFailure));
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.DeleteAsync("object", default));
        Assert.Equal(BucketErrorKind.Timeout, failure.Kind);
        Assert.Contains("injected ProviderFailure", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{_faulty.Count(BucketOperation.Delete)} attempt", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deadline_ends_an_attempt_that_stands_still()
    {
        await using var bucket = Retrying(_faulty, timeout: TimeSpan.FromMilliseconds(100));
        _faulty.Inject(BucketOperation.Get, Fault.Stall());
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.Timeout, failure.Kind);
    }

    [Fact]
    public async Task The_callers_cancellation_is_a_cancellation()
    {
        using var caller = new CancellationTokenSource();
        var stall = _faulty.Inject(BucketOperation.Get, Fault.Stall());
        var get = Bucket.GetAsync("object", default, new BytesTarget(), caller.Token);
        await stall.Reached;
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => get);
    }

    [Fact]
    public async Task The_providers_wish_to_wait_is_followed()
    {
        _faulty.Inject(BucketOperation.Head, Fault.Fail(BucketErrorKind.Throttled, TimeSpan.FromMilliseconds(300)), times: 1);
        var started = Stopwatch.GetTimestamp();
        await Bucket.HeadAsync("object", default);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_conditional_put_whose_answer_was_lost_is_told_to_be_ambiguous()
    {
        _faulty.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.PutAsync("object", Source, new PutOptions(IfAbsent: true), default));
        Assert.Equal((BucketErrorKind.AlreadyExists, true), (failure.Kind, failure.AfterRetry));
    }

    [Theory]
    [InlineData(BucketErrorKind.Forbidden)]
    [InlineData(BucketErrorKind.NoSpace)]
    public async Task A_refusal_after_a_lost_answer_is_told_to_be_ambiguous(BucketErrorKind kind)
    {
        _faulty.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);
        _faulty.Inject(BucketOperation.Put, Fault.Fail(kind));
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.PutAsync("object", Source, new PutOptions(), default));
        Assert.Equal((kind, true), (failure.Kind, failure.AfterRetry));
        Assert.NotNull(await Bucket.HeadAsync("object", default));
    }

    [Fact]
    public async Task A_delete_whose_answer_was_lost_succeeds()
    {
        await Bucket.PutAsync("object", Source, new PutOptions(), default);
        _faulty.Inject(BucketOperation.Delete, Fault.LoseAnswer(), times: 1);
        await Bucket.DeleteAsync("object", default);
        Assert.Null(await Bucket.HeadAsync("object", default));
    }

    [Fact]
    public async Task A_truncated_download_starts_again_from_its_first_byte()
    {
        await PutAsync("object", Content(1000));
        _faulty.Inject(BucketOperation.Get, Fault.TruncateAfter(0), times: 1);
        _faulty.Inject(BucketOperation.Get, Fault.TruncateAfter(999), times: 1);
        var target = new BytesTarget(10);
        Assert.True(await Bucket.GetAsync("object", default, target, default));
        Assert.Equal((3, 1000), (target.Begins, target.Received.Length));
        Assert.Equal(Content(1000), target.ToArray());
    }
}
