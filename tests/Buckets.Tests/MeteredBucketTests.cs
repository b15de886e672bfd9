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
        Assert.Equal(3, bucket.Retries);
    }

    [Fact]
    public async Task The_meter_publishes_them()
    {
        var seen = new List<string>();
        var isMine = new AsyncLocal<bool> { Value = true }; // other tests count on the same meter meanwhile
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == BucketMeter.Name)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, labels, _) => Note(instrument, $"{count}", labels));
        listener.SetMeasurementEventCallback<double>((instrument, seconds, labels, _) => Note(instrument, seconds >= 0 ? "time" : "negative", labels));
        listener.Start();
        await using var faulty = new FaultyBucket(new MemoryBucket());
        await using var bucket = RetryingBucketTests.Retrying(new MeteredBucket(faulty));
        faulty.Inject(BucketOperation.AbortUpload, Fault.Fail(BucketErrorKind.ProviderFailure), times: 1);
        await bucket.AbortUploadAsync("object", "none", default);
        Assert.Equal(
            [
                "orthanc_cloudfs.bucket.requests 1 operation=abort_upload",
                "orthanc_cloudfs.bucket.failures 1 operation=abort_upload kind=provider_failure",
                "orthanc_cloudfs.bucket.duration time operation=abort_upload outcome=provider_failure",
                "orthanc_cloudfs.bucket.retries 1 operation=abort_upload",
                "orthanc_cloudfs.bucket.requests 1 operation=abort_upload",
                "orthanc_cloudfs.bucket.duration time operation=abort_upload outcome=ok",
            ],
            seen);

        void Note(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
        {
            var text = string.Join(' ', labels.ToArray().Select(label => $"{label.Key}={label.Value}"));
            if (isMine.Value)
                seen.Add($"{instrument.Name} {value} {text}");
        }
    }
}
