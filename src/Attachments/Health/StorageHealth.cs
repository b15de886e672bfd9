using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Health;

/// <summary>
/// Puts together what the parts of the storage know of their health: red while the bucket cannot be used, yellow while it throttles or
/// refuses one kind of operation, or while a delete has not been confirmed for long. Makes no request.
/// </summary>
public sealed class StorageHealth(BucketHealth bucket, PendingDeletes deletes, TimeProvider? time = null)
{
    /// <summary>How long the bucket may take over a delete before somebody should have a look.</summary>
    internal static readonly TimeSpan DeletePatience = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>For how long the oldest delete has been waiting for the bucket's confirmation; zero when there is none.</summary>
    public TimeSpan OldestDeleteAge =>
        deletes.OldestSince is { } since && _time.GetUtcNow() - since is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    /// <summary>The health now.</summary>
    public HealthReport Report()
    {
        var reasons = new List<string>();
        HealthLevel level = HealthLevel.Green;
        foreach ((HealthLevel severity, string reason) in Findings())
        {
            reasons.Add(reason);
            level = severity > level ? severity : level;
        }

        return new HealthReport(level, reasons);
    }

    private IEnumerable<(HealthLevel Severity, string Reason)> Findings()
    {
        if (bucket.Outage is { } outage)
        {
            yield return (
                HealthLevel.Red,
                $"the bucket cannot be used since {outage.Since:yyyy-MM-dd HH:mm:ss}Z: {InWords(outage.Kind)}; failed attempts: {outage.Attempts}");
        }

        if (bucket.IsThrottling)
            yield return (HealthLevel.Yellow, "the bucket asks to slow down");
        foreach ((BucketOperation operation, BucketErrorKind kind) in bucket.Refusals)
            yield return (HealthLevel.Yellow, $"the bucket refused the last {operation}: {InWords(kind)}");
        if (OldestDeleteAge is var age && age > DeletePatience)
            yield return (HealthLevel.Yellow, $"deletes that the bucket has not confirmed: {deletes.Count}, the oldest since {age.TotalMinutes:0} minutes");
    }

    private static string InWords(BucketErrorKind kind) => kind switch
    {
        BucketErrorKind.Network => "no connection",
        BucketErrorKind.Timeout => "no answer in time",
        BucketErrorKind.Forbidden => "the credentials may not do this",
        BucketErrorKind.Unauthenticated => "the credentials are missing, wrong or expired",
        BucketErrorKind.NoSuchBucket => "there is no such bucket",
        BucketErrorKind.NoSpace => "it is full",
        _ => "the provider fails",
    };
}
