using OrthancCloudFs.Campaigns.Load;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.Campaigns.Outage;

/// <summary>What happened in one outage campaign. Thread-safe.</summary>
/// <param name="output">Told of the first findings at once.</param>
public sealed class OutageReport(TextWriter output) : CampaignReport(output)
{
    private readonly Lock _lock = new();
    private readonly List<(string Moment, CloudFsStatus Status)> _moments = [];
    private readonly Dictionary<string, (TimeSpan Time, int Length)> _slowest = new(StringComparer.Ordinal);
    private long _bytes;
    private int _outOfReach;
    private int _judged;
    private long _journalPeak;
    private long _residentPeak;
    private int _pendingPeak;

    /// <summary>How long the line was cut.</summary>
    public TimeSpan Outage { get; internal set; }

    /// <summary>From the restored line to the moment when no upload was pending.</summary>
    public TimeSpan UploadDrain { get; internal set; }

    /// <summary>From the restored line to the moment when no delete was pending either.</summary>
    public TimeSpan Drain { get; internal set; }

    /// <summary>What was acknowledged while the line was cut.</summary>
    internal (int Stored, int Read, int Deleted, long Bytes) DuringOutage { get; set; }

    /// <summary>What was acknowledged so far.</summary>
    internal (int Stored, int Read, int Deleted, long Bytes) SoFar => (Stored, Read, Deleted, Interlocked.Read(ref _bytes));

    /// <summary>Of a store that Orthanc acknowledged.</summary>
    internal void CountBytes(int length) => Interlocked.Add(ref _bytes, length);

    /// <summary>How long a call took that was answered as it should be.</summary>
    internal void Took(string call, TimeSpan time, int length)
    {
        lock (_lock)
        {
            if (time > _slowest.GetValueOrDefault(call).Time)
                _slowest[call] = (time, length);
        }
    }

    /// <summary>A read of what only the bucket has, while that was away.</summary>
    internal void CountOutOfReach() => Interlocked.Increment(ref _outOfReach);

    /// <summary>A look at the mount that had to find it red.</summary>
    internal void CountRedSample() => Interlocked.Increment(ref _judged);

    /// <summary>A look at the mount.</summary>
    internal void Saw(CloudFsStatus status)
    {
        lock (_lock)
        {
            _journalPeak = Math.Max(_journalPeak, status.Journal.Bytes);
            _residentPeak = Math.Max(_residentPeak, status.Process.Resident);
            _pendingPeak = Math.Max(_pendingPeak, status.PendingUploads);
        }
    }

    /// <summary>A look at the mount that is worth a word of its own.</summary>
    internal void Saw(string moment, CloudFsStatus status)
    {
        Saw(status);
        lock (_lock)
            _moments.Add((moment, status));
    }

    /// <summary>All of it.</summary>
    internal IEnumerable<string> Summary()
    {
        (int stored, int read, int deleted, long bytes) = DuringOutage;
        yield return $"outage      {Outage.TotalMinutes:0.0} minutes: connections ended at once, then no answers";
        yield return $"during it   {stored} stored ({Megabytes(bytes)}), {read} read, {deleted} deleted, all acknowledged";
        yield return $"in all      {Stored} stored ({Megabytes(_bytes)}), {Read} read, {Deleted} deleted";
        yield return $"slowest     {string.Join(", ", _slowest.Select(call => $"{call.Key} {call.Value.Time.TotalSeconds:0.0} s ({Megabytes(call.Value.Length)})"))}";
        yield return $"only there  {_outOfReach} reads of what only the bucket had, which could not be";
        yield return $"journal     {Megabytes(_journalPeak)} at most, {_pendingPeak} uploads pending at most";
        yield return $"memory      {string.Join(", ", _moments.Select(moment => $"{Megabytes(moment.Status.Process.Resident)} {moment.Moment}"))}; "
            + $"{Megabytes(_residentPeak)} at most";
        yield return $"health      looked at {_judged} times during the outage; {string.Join(", ", _moments.Select(moment => $"{moment.Status.Health.Status} {moment.Moment}"))}";
        yield return $"drain       {UploadDrain.TotalSeconds:0.0} s from the restored line until no upload was pending, {Drain.TotalSeconds:0.0} s until no delete was";
        yield return $"verified    {Verified} reads with the right checksum after a restart";
        foreach (string line in OrphanLines().Concat(FindingLines()))
            yield return line;
    }

    private static string Megabytes(long bytes) => $"{bytes / 1e6:0.0} MB";
}
