using System.Diagnostics.Metrics;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests;

public sealed class MeteredBucketTests : BucketContract
{
    protected override ValueTask<IBucket> OpenAsync() => ValueTask.FromResult<IBucket>(new MeteredBucket(new MemoryBucket()));

    [Fact]
    public async Task Attempts_failures_and_bytes_are_counted()
    {
        await using var faulty = new FaultyBucket(new MemoryBucket());
        var metered = new MeteredBucket(faulty);
        await using var bucket = RetryingBucketTests.Retrying(metered);
        faulty.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Throttled), times: 2);
        faulty.Inject(BucketOperation.Get, Fault.TruncateAfter(400), times: 1);

        await bucket.PutAsync("object", new BytesSource(Content(1000)), new PutOptions(), default);
        await bucket.GetAsync("object", default, new BytesTarget(100), default);
        await bucket.GetAsync("missing", default, new BytesTarget(), default);
        await bucket.HeadAsync("object", default);
        await bucket.CopyAsync((await bucket.HeadAsync("object", default))!, "copy", default);
        await bucket.DeleteAsync("object", default);
        await bucket.DeleteManyAsync(["object", "copy", "missing"], default);
        await bucket.ListAsync("", null, null, 10, default);

        var counters = metered.Snapshot();
        Assert.Equal([2, 3, 3, 0, 0, 0, 0, 1, 1, 1, 1], Enum.GetValues<BucketOperation>().Select(operation => counters.Requests[operation]));
        Assert.Equal((2, 1), (counters.Failures[BucketErrorKind.Throttled], counters.Failures[BucketErrorKind.Truncated]));
        Assert.Equal(3, counters.Failures.Values.Sum());
        Assert.Equal((1000, 1400), (counters.BytesUploaded, counters.BytesDownloaded));
    }

    [Fact]
    public async Task The_meter_publishes_them()
    {
        var seen = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == MeteredBucket.MeterName && instrument.Name == "orthanc_cloudfs.bucket.failures")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, labels, _) =>
        {
            if (labels.ToArray().Contains(new KeyValuePair<string, object?>("kind", nameof(BucketErrorKind.Archived))))
                Interlocked.Add(ref seen, count);
        });
        listener.Start();
        await using var faulty = new FaultyBucket(new MemoryBucket());
        await using var bucket = new MeteredBucket(faulty);
        faulty.Inject(BucketOperation.Head, Fault.Fail(BucketErrorKind.Archived));
        await Assert.ThrowsAsync<BucketException>(() => bucket.HeadAsync("object", default));
        Assert.Equal(1, seen);
    }
}
