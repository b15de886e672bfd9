using System.Collections.Concurrent;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>What happened in one campaign. Thread-safe.</summary>
/// <param name="output">Told of each finding at once.</param>
public sealed class CrashReport(TextWriter output)
{
    private readonly ConcurrentQueue<string> _findings = new();
    private readonly ConcurrentQueue<string> _refusedInCalm = new();
    private readonly ConcurrentDictionary<string, int> _orphans = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _kills = new(StringComparer.Ordinal);
    private int _stored;
    private int _read;
    private int _deleted;
    private int _refused;
    private int _verified;
    private int _restarts;
    private int _cutOff;

    /// <summary>Everything that must not be; empty when all is well.</summary>
    public IReadOnlyList<string> Findings => [.. _findings];

    /// <summary>Kills of all victims.</summary>
    public int Kills => _kills.Values.Sum();

    /// <summary>Instances that Orthanc acknowledged.</summary>
    public int Stored => _stored;

    /// <summary>Instances whose delete Orthanc acknowledged.</summary>
    public int Deleted => _deleted;

    /// <summary>Calls that Orthanc answered as it was asked.</summary>
    internal int Answered => _stored + _read + _deleted;

    /// <summary>Reads that came back with the right checksum when all was running again.</summary>
    public int Verified => _verified;

    internal void AddFinding(string finding)
    {
        _findings.Enqueue(finding);
        output.WriteLine($"FINDING {finding}");
    }

    internal void CountStored() => Interlocked.Increment(ref _stored);

    internal void CountRead() => Interlocked.Increment(ref _read);

    internal void CountDeleted() => Interlocked.Increment(ref _deleted);

    internal void CountVerified() => Interlocked.Increment(ref _verified);

    internal void CountRestart() => Interlocked.Increment(ref _restarts);

    internal void CountKill(Victims victim) => _kills.AddOrUpdate($"{victim}", 1, static (_, count) => count + 1);

    /// <summary>An object that Orthanc does not know, and why that is no fault of the mount.</summary>
    internal void CountOrphan(string explanation) => _orphans.AddOrUpdate(explanation, 1, static (_, count) => count + 1);

    internal void CountCutOff() => Interlocked.Increment(ref _cutOff);

    internal void CountRefused(string call, Victims disturbed, Exception reason)
    {
        Interlocked.Increment(ref _refused);
        if (disturbed == Victims.None)
            _refusedInCalm.Enqueue($"{call}: {reason.Message}");
    }

    /// <summary>So far, on one line.</summary>
    internal string Line =>
        $"stored {_stored}, read {_read}, deleted {_deleted}, refused {_refused}, verified {_verified}, findings {_findings.Count}";

    /// <summary>All of it.</summary>
    internal IEnumerable<string> Summary()
    {
        yield return $"instances   {_stored} stored, {_read} read, {_deleted} deleted, all acknowledged; {_refused} calls refused or not answered";
        yield return $"verified    {_verified} reads with the right checksum after a restart";
        yield return $"kills       {string.Join(", ", _kills.OrderBy(kill => kill.Key, StringComparer.Ordinal).Select(kill => $"{kill.Key} {kill.Value}"))}";
        yield return $"restarts    {_restarts}";
        yield return $"calm        {_refusedInCalm.Count} calls refused while nothing was away";
        foreach (IGrouping<string, string> reason in _refusedInCalm.GroupBy(static reason => reason, StringComparer.Ordinal))
            yield return $"  {reason.Count()} x {reason.Key}";
        yield return $"cut off     {_cutOff} reads under way when the mount was killed, which Orthanc delivered with zeros in them";
        yield return $"orphans     {_orphans.Values.Sum()} objects in the bucket that Orthanc does not know, explained:";
        foreach ((string explanation, int count) in _orphans)
            yield return $"  {count} x {explanation}";
        yield return $"findings    {_findings.Count}";
        foreach (string finding in _findings)
            yield return $"  {finding}";
    }
}
