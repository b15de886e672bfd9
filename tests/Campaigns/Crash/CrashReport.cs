using System.Collections.Concurrent;
using OrthancCloudFs.Campaigns.Load;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>What happened in one crash campaign. Thread-safe.</summary>
/// <param name="output">Told of the first findings at once.</param>
public sealed class CrashReport(TextWriter output) : CampaignReport(output)
{
    private readonly ConcurrentQueue<string> _refusedInCalm = new();
    private readonly ConcurrentDictionary<string, int> _kills = new(StringComparer.Ordinal);
    private int _refused;
    private int _restarts;
    private int _cutOff;

    /// <summary>Kills of all victims.</summary>
    public int Kills => _kills.Values.Sum();

    /// <summary>Calls that Orthanc answered as it was asked.</summary>
    internal int Answered => Stored + Read + Deleted;

    internal void CountRestart() => Interlocked.Increment(ref _restarts);

    internal void CountKill(Victims victim) => _kills.AddOrUpdate($"{victim}", 1, static (_, count) => count + 1);

    internal void CountCutOff() => Interlocked.Increment(ref _cutOff);

    internal void CountRefused(string call, Victims disturbed, Exception reason)
    {
        Interlocked.Increment(ref _refused);
        if (disturbed == Victims.None)
            _refusedInCalm.Enqueue($"{call}: {reason.Message}");
    }

    /// <summary>So far, on one line.</summary>
    internal string Line =>
        $"stored {Stored}, read {Read}, deleted {Deleted}, refused {_refused}, verified {Verified}, findings {Findings.Count}";

    /// <summary>All of it.</summary>
    internal IEnumerable<string> Summary()
    {
        yield return $"instances   {Stored} stored, {Read} read, {Deleted} deleted, all acknowledged; {_refused} calls refused or not answered";
        yield return $"verified    {Verified} reads with the right checksum after a restart";
        yield return $"kills       {string.Join(", ", _kills.OrderBy(kill => kill.Key, StringComparer.Ordinal).Select(kill => $"{kill.Key} {kill.Value}"))}";
        yield return $"restarts    {_restarts}";
        yield return $"calm        {_refusedInCalm.Count} calls refused while nothing was away";
        foreach (IGrouping<string, string> reason in _refusedInCalm.GroupBy(static reason => reason, StringComparer.Ordinal))
            yield return $"  {reason.Count()} x {reason.Key}";
        yield return $"cut off     {_cutOff} reads under way when the mount was killed, which Orthanc delivered with zeros in them";
        foreach (string line in OrphanLines().Concat(FindingLines()))
            yield return line;
    }
}
