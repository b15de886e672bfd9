using System.Collections.Concurrent;

namespace OrthancCloudFs.WinFspAdapter.Tests.Model;

/// <summary>What was asked, how it ended, and every promise that was not kept. Thread-safe.</summary>
/// <param name="wanted">Operations of all clients together.</param>
internal sealed class ModelReport(int wanted)
{
    /// <summary>The outcome of what did not fail; the others have the name of their status.</summary>
    public const string Done = "done";

    private readonly ConcurrentDictionary<(string Operation, string Outcome), int> _outcomes = new();
    private readonly ConcurrentQueue<string> _lies = new();
    private int _started;

    public IReadOnlyCollection<string> Lies => _lies;

    public int Operations => _outcomes.Values.Sum();

    public IEnumerable<string> Outcomes => _outcomes.Keys.Select(key => key.Outcome).Distinct(StringComparer.Ordinal);

    /// <summary>Whether one more is wanted.</summary>
    public bool TryStart() => Interlocked.Increment(ref _started) <= wanted;

    public int Count(string operation, string outcome) => _outcomes.GetValueOrDefault((operation, outcome));

    public void Ended(string operation, string outcome) => _outcomes.AddOrUpdate((operation, outcome), 1, (_, count) => count + 1);

    public void Lie(string what) => _lies.Enqueue(what);

    /// <summary>One line for each kind of operation, and one for the lies.</summary>
    public IEnumerable<string> Lines() => _outcomes
        .GroupBy(outcome => outcome.Key.Operation, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"{group.Key,-10} {group.Sum(outcome => outcome.Value),6}: "
            + string.Join(", ", group.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Key.Outcome} {outcome.Value}")))
        .Append($"lies       {_lies.Count,6}");
}
