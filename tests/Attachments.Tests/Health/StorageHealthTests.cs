using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Health;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Health;

/// <summary>What is red, what is yellow, and that both end by themselves.</summary>
public sealed class StorageHealthTests : IAsyncLifetime
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("health-test-");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly FaultyBucket _faulty = new(new MemoryBucket());
    private readonly MeteredBucket _bucket;
    private readonly PendingDeletes _deletes;
    private readonly StorageHealth _health;

    public StorageHealthTests()
    {
        _bucket = new MeteredBucket(_faulty, _time);
        _deletes = PendingDeletes.Open(_state.FullName, _faulty, 0, NullLogger.Instance, _time);
        _health = new StorageHealth(_bucket.Health, _deletes, time: _time);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _deletes.DisposeAsync();
        await _bucket.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Fact]
    public void Without_a_finding_it_is_green() => AssertHealth(HealthLevel.Green);

    [Theory]
    [InlineData(BucketErrorKind.NoSuchBucket, "there is no such bucket")]
    [InlineData(BucketErrorKind.Unauthenticated, "the credentials are missing, wrong or expired")]
    public async Task A_bucket_that_cannot_be_used_is_red_until_it_can(BucketErrorKind kind, string reason)
    {
        await FailHeadAsync(kind);
        AssertHealth(HealthLevel.Red, reason);
        await _bucket.HeadAsync("object", default);
        AssertHealth(HealthLevel.Green);
    }

    [Fact]
    public async Task Throttling_is_yellow_for_a_while()
    {
        await FailHeadAsync(BucketErrorKind.Throttled);
        AssertHealth(HealthLevel.Yellow, "asks to slow down");
        _time.Advance(TimeSpan.FromMinutes(1));
        AssertHealth(HealthLevel.Green);
    }

    [Fact]
    public async Task One_kind_of_operation_that_is_refused_is_yellow_while_others_succeed()
    {
        await FailHeadAsync(BucketErrorKind.Forbidden);
        AssertHealth(HealthLevel.Red, "may not do this", "refused the last Head");
        await _bucket.ListAsync("", null, null, 1, default);
        AssertHealth(HealthLevel.Yellow, "refused the last Head: the credentials may not do this");
    }

    [Fact]
    public async Task An_old_delete_is_yellow_until_it_is_confirmed()
    {
        FaultRule refusal = _faulty.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.Network), times: 1);
        Assert.True(AttachmentId.TryParse("01234567-89ab-cdef-0123-456789abcdef", out AttachmentId id));
        await _deletes.AddAsync(new PendingDelete(id, "object", _time.GetUtcNow(), null));
        await refusal.Reached;
        Assert.Equal(TimeSpan.Zero, _health.OldestDeleteAge);
        AssertHealth(HealthLevel.Green);

        _time.Advance(StorageHealth.Patience);
        Assert.Equal(StorageHealth.Patience, _health.OldestDeleteAge);
        AssertHealth(HealthLevel.Green);
        _time.Advance(TimeSpan.FromSeconds(1));
        AssertHealth(HealthLevel.Yellow, "not confirmed: 1, the oldest since 5 minutes");

        for (int attempt = 0; _deletes.Count > 0 && attempt < 300; attempt++)
            await Task.Delay(100);
        Assert.Equal(TimeSpan.Zero, _health.OldestDeleteAge);
        AssertHealth(HealthLevel.Green);
    }

    /// <summary>The level, and a piece of each reason, in their order.</summary>
    private void AssertHealth(HealthLevel level, params string[] reasons)
    {
        HealthReport report = _health.Report();
        Assert.Equal(reasons.Length, report.Reasons.Count);
        Assert.All(report.Reasons.Zip(reasons), pair => Assert.Contains(pair.Second, pair.First, StringComparison.Ordinal));
        Assert.Equal(level, report.Level);
    }

    private async Task FailHeadAsync(BucketErrorKind kind)
    {
        _faulty.Inject(BucketOperation.Head, Fault.Fail(kind), times: 1);
        await Assert.ThrowsAsync<BucketException>(() => _bucket.HeadAsync("object", default));
    }
}
