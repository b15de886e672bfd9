using Microsoft.Extensions.Time.Testing;
using OrthancCloudFs.Attachments.Health;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Health;

/// <summary>The probe costs nothing while the bucket works, and ends an outage without any traffic.</summary>
public sealed class RecoveryProbeTests : IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly FaultyBucket _faulty = new(new MemoryBucket());
    private readonly MeteredBucket _bucket;
    private readonly RecoveryProbe _probe;

    public RecoveryProbeTests()
    {
        _bucket = new MeteredBucket(_faulty, _time);
        _probe = new RecoveryProbe(_bucket, "root/", _bucket.Health, _time);
    }

    private int Probes => _faulty.Count(BucketOperation.List);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _probe.DisposeAsync();
        await _bucket.DisposeAsync();
    }

    [Fact]
    public async Task A_bucket_that_works_is_never_asked()
    {
        await _bucket.HeadAsync("object", default);
        for (int i = 0; i < 10; i++)
        {
            _time.Advance(Interval);
            await Task.Delay(10);
        }

        Assert.Equal(0, Probes);
    }

    [Fact]
    public async Task An_outage_ends_with_the_first_probe_that_succeeds_and_the_probes_with_it()
    {
        _faulty.Inject(BucketOperation.Head, Fault.Fail(BucketErrorKind.NoSuchBucket), times: 1);
        _faulty.Inject(BucketOperation.List, Fault.Fail(BucketErrorKind.NoSuchBucket), times: 2);
        await Assert.ThrowsAsync<BucketException>(() => _bucket.HeadAsync("object", default));
        for (int expected = 1; expected <= 3; expected++)
        {
            Assert.NotNull(_bucket.Health.Outage);
            _time.Advance(Interval);
            await EventuallyAsync(() => Probes == expected && (_bucket.Health.Outage is null) == (expected == 3));
        }

        _time.Advance(Interval);
        await Task.Delay(10);
        Assert.Equal(3, Probes);
    }

    [Fact]
    public async Task A_probe_that_gets_no_answer_is_given_up_for_the_next_one()
    {
        _faulty.Inject(BucketOperation.Head, Fault.Fail(BucketErrorKind.Unauthenticated), times: 1);
        FaultRule stall = _faulty.Inject(BucketOperation.List, Fault.Stall(), times: 1);
        await Assert.ThrowsAsync<BucketException>(() => _bucket.HeadAsync("object", default));
        _time.Advance(Interval);
        await stall.Reached;
        for (int i = 0; i < 300 && _bucket.Health.Outage is not null; i++)
        {
            _time.Advance(Interval);
            await Task.Delay(10);
        }

        Assert.Null(_bucket.Health.Outage);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition() && attempt < 3000; attempt++)
            await Task.Delay(10);
        Assert.True(condition());
    }
}
