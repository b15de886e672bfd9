using System.Collections.Concurrent;

namespace OrthancCloudFs.TestKit.Chaos;

/// <summary>What was asked, how it ended, and every promise that was not kept. Thread-safe.</summary>
public sealed class ChaosReport
{
    /// <summary>The outcome of what did not fail.</summary>
    public const string Done = "done";

    private readonly ConcurrentDictionary<(string Operation, string Outcome), int> _outcomes = new();
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _lies = new();

    /// <summary>Promises that were not kept.</summary>
    public IReadOnlyCollection<string> Lies => _lies;

    /// <summary>How many ended.</summary>
    public int Operations => _outcomes.Values.Sum();

    /// <summary>All that was heard.</summary>
    public IEnumerable<string> Outcomes => _outcomes.Keys.Select(key => key.Outcome).Distinct(StringComparer.Ordinal);

    /// <summary>How often an operation ended so.</summary>
    public int Count(string operation, string outcome) => _outcomes.GetValueOrDefault((operation, outcome));

    /// <summary>One more ended.</summary>
    public void Ended(string operation, string outcome) => _outcomes.AddOrUpdate((operation, outcome), 1, (_, count) => count + 1);

    /// <summary>How often the campaign was where it is to go.</summary>
    public int CountSeen(string what) => _seen.GetValueOrDefault(what);

    /// <summary>It was there.</summary>
    public void See(string what) => _seen.AddOrUpdate(what, 1, (_, count) => count + 1);

    /// <summary>A promise was not kept.</summary>
    public void Lie(string what) => _lies.Enqueue(what);

    /// <summary>One line for each kind of operation, one for what was seen besides, and one for the lies.</summary>
    public IEnumerable<string> Lines() => _outcomes
        .GroupBy(outcome => outcome.Key.Operation, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"{group.Key,-10} {group.Sum(outcome => outcome.Value),6}: "
            + string.Join(", ", group.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Key.Outcome} {outcome.Value}")))
        .Concat(_seen.IsEmpty ? [] : ["seen       " + string.Join(", ", _seen.OrderBy(seen => seen.Key, StringComparer.Ordinal).Select(seen => $"{seen.Key} {seen.Value}"))])
        .Append($"lies       {_lies.Count,6}");
}
