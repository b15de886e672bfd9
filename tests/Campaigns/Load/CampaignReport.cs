using System.Collections.Concurrent;

namespace OrthancCloudFs.Campaigns.Load;

/// <summary>What happened in one campaign, whichever it is. Thread-safe.</summary>
/// <param name="output">Told of the first findings at once.</param>
public abstract class CampaignReport(TextWriter output)
{
    /// <summary>Findings that are printed; more of them say nothing new.</summary>
    private const int MostPrinted = 20;

    private readonly ConcurrentQueue<string> _findings = new();
    private readonly ConcurrentDictionary<string, int> _orphans = new(StringComparer.Ordinal);
    private int _printed;
    private int _stored;
    private int _read;
    private int _deleted;
    private int _verified;

    /// <summary>Everything that must not be; empty when all is well.</summary>
    public IReadOnlyList<string> Findings => [.. _findings];

    /// <summary>Instances that Orthanc acknowledged.</summary>
    public int Stored => _stored;

    /// <summary>Instances that Orthanc delivered under load.</summary>
    public int Read => _read;

    /// <summary>Instances whose delete Orthanc acknowledged.</summary>
    public int Deleted => _deleted;

    /// <summary>Reads that came back with the right checksum when all was running again.</summary>
    public int Verified => _verified;

    internal void AddFinding(string finding)
    {
        _findings.Enqueue(finding);
        if (Interlocked.Increment(ref _printed) <= MostPrinted)
            output.WriteLine($"FINDING {finding}");
    }

    internal void CountStored() => Interlocked.Increment(ref _stored);

    internal void CountRead() => Interlocked.Increment(ref _read);

    internal void CountDeleted() => Interlocked.Increment(ref _deleted);

    internal void CountVerified() => Interlocked.Increment(ref _verified);

    /// <summary>Something in the bucket that Orthanc does not know, and why that is no fault of the mount.</summary>
    internal void CountOrphan(string explanation) => _orphans.AddOrUpdate(explanation, 1, static (_, count) => count + 1);

    /// <summary>What Orthanc does not know, on lines of a summary.</summary>
    private protected IEnumerable<string> OrphanLines()
    {
        yield return $"orphans     {_orphans.Values.Sum()} in the bucket that Orthanc does not know, explained:";
        foreach ((string explanation, int count) in _orphans)
            yield return $"  {count} x {explanation}";
    }

    /// <summary>The findings, on lines of a summary.</summary>
    private protected IEnumerable<string> FindingLines()
    {
        yield return $"findings    {_findings.Count}";
        foreach (string finding in _findings.Take(MostPrinted))
            yield return $"  {finding}";
        if (_findings.Count > MostPrinted)
            yield return $"  and {_findings.Count - MostPrinted} more";
    }
}
