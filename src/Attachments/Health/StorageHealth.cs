using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Health;

/// <summary>
/// Puts together what the parts of the storage know of their health: red while the bucket cannot be used, yellow while it throttles or
/// refuses one kind of operation, or while a delete has not been confirmed for long. Makes no request.
/// </summary>
public sealed class StorageHealth(BucketHealth bucket, PendingDeletes deletes, UploadJournal? journal = null, TimeProvider? time = null)
{
    /// <summary>How long the bucket may take over a delete, or an upload of the journal, before somebody should have a look.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>For how long the oldest delete has been waiting for the bucket's confirmation; zero when there is none.</summary>
    public TimeSpan OldestDeleteAge => AgeOf(deletes.OldestSince);

    /// <summary>For how long the oldest object in the journal has been waiting; zero when there is none.</summary>
    public TimeSpan OldestUploadAge => AgeOf(journal?.Counters.OldestSince);

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
        if (OldestDeleteAge is var age && age > Patience)
            yield return (HealthLevel.Yellow, $"deletes that the bucket has not confirmed: {deletes.Count}, the oldest since {age.TotalMinutes:0} minutes");
        foreach ((HealthLevel Severity, string Reason) finding in JournalFindings())
            yield return finding;
    }

    private IEnumerable<(HealthLevel Severity, string Reason)> JournalFindings()
    {
        if (journal?.Counters is not { Uploads: > 0 } held)
            yield break;
        if (held.Stuck > 0)
            yield return (HealthLevel.Red, $"attachments in the journal that cannot be uploaded, see the log: {held.Stuck}");
        if (OldestUploadAge is var age && age > Patience)
            yield return (HealthLevel.Yellow, $"attachments in the journal that are not in the bucket: {held.Uploads}, the oldest since {age.TotalMinutes:0} minutes");
    }

    private TimeSpan AgeOf(DateTimeOffset? since) =>
        since is { } start && _time.GetUtcNow() - start is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

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
