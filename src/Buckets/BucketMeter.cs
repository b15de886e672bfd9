using System.Diagnostics.Metrics;
using System.Text.Json;

namespace OrthancCloudFs.Buckets;

/// <summary>What is published of the requests to a bucket; names and labels are documented in docs/metrics.md.</summary>
public static class BucketMeter
{
    /// <summary>The name of the meter, for exporters.</summary>
    public const string Name = "OrthancCloudFs.Buckets";

    /// <summary>Outcome of an attempt that succeeded, a missing object included.</summary>
    internal const string Ok = "ok";

    /// <summary>Outcome of an attempt that its caller gave up.</summary>
    internal const string Cancelled = "cancelled";

    /// <summary>Outcome of an attempt that ended by what is no answer of the bucket, such as a caller that cannot take the content.</summary>
    internal const string Other = "other";

    private const string Operation = "operation";

    /// <summary>Seconds: from a local disk's answer to a large part on a thin line.</summary>
    private static readonly double[] DurationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

    private static readonly string[] Operations = Labels<BucketOperation>();
    private static readonly string[] Kinds = Labels<BucketErrorKind>();

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.requests", "{request}", "Attempts that were begun.");

    private static readonly Counter<long> Failures =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.failures", "{request}", "Attempts that failed.");

    private static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.retries", "{request}", "Attempts that repeat one that failed for a passing reason.");

    private static readonly Counter<long> Uploaded =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.uploaded", "By", "Content of confirmed puts and parts.");

    private static readonly Counter<long> Downloaded =
        Meter.CreateCounter<long>("orthanc_cloudfs.bucket.downloaded", "By", "Content received.");

    private static readonly Histogram<double> Durations = Meter.CreateHistogram(
        "orthanc_cloudfs.bucket.duration",
        "s",
        "Time that an attempt took.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBounds });

    internal static string LabelOf(BucketErrorKind kind) => Kinds[(int)kind];

    internal static void CountRequest(BucketOperation operation) => Requests.Add(1, Label(operation));

    internal static void CountFailure(BucketOperation operation, BucketErrorKind kind) =>
        Failures.Add(1, Label(operation), new KeyValuePair<string, object?>("kind", LabelOf(kind)));

    internal static void CountRetry(BucketOperation operation) => Retries.Add(1, Label(operation));

    internal static void CountUploaded(long bytes) => Uploaded.Add(bytes);

    internal static void CountDownloaded(long bytes) => Downloaded.Add(bytes);

    internal static void RecordDuration(BucketOperation operation, string outcome, TimeSpan duration) =>
        Durations.Record(duration.TotalSeconds, Label(operation), new KeyValuePair<string, object?>("outcome", outcome));

    private static KeyValuePair<string, object?> Label(BucketOperation operation) => new(Operation, Operations[(int)operation]);

    private static string[] Labels<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
}
