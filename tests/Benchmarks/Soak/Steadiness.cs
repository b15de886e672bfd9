using System.Text.Json;

namespace OrthancCloudFs.Benchmarks.Soak;

/// <summary>
/// What the program holds after each round, when no file is open: does it grow from the middle third of the rounds to the last one? The
/// most of a third counts, since garbage and idle threads come and go.
/// </summary>
internal sealed class Steadiness
{
    private const long Megabyte = 1 << 20;

    /// <summary>What the last third may have more than the middle one.</summary>
    private static readonly Figures Tolerance = new(32 * Megabyte, 32 * Megabyte, 16, 8);

    private readonly List<Figures> _samples = [];

    /// <summary>Rounds so far.</summary>
    public int Count => _samples.Count;

    private Figures Middle => Most(_samples.Skip(Count / 3).Take(Count - (Count / 3) - LastThird));

    private Figures End => Most(_samples.TakeLast(LastThird));

    private int LastThird => (Count + 2) / 3;

    /// <summary>Takes the figures of a round that has just ended.</summary>
    public async Task SampleAsync(MountedProgram program)
    {
        JsonElement status = await program.TryGetStatusAsync().ConfigureAwait(false)
            ?? throw new InvalidOperationException("The mount does not answer any more.");
        string process = $"/proc/{program.ProcessId}";
        _samples.Add(new Figures(
            ResidentMemory.Of(program.ProcessId).Current,
            status.GetProperty("process").GetProperty("managedHeap").GetInt64(),
            Directory.EnumerateFileSystemEntries($"{process}/fd").Count(),
            Directory.EnumerateDirectories($"{process}/task").Count()));
    }

    /// <summary>What has grown by more than is tolerated; null when nothing has, or there are too few rounds to tell.</summary>
    public string? Growth()
    {
        if (Count < 3)
            return null;
        (Figures middle, Figures end) = (Middle, End);
        string[] grown =
        [
            .. Grown("resident memory", middle.Resident, end.Resident, Tolerance.Resident),
            .. Grown("the managed heap", middle.ManagedHeap, end.ManagedHeap, Tolerance.ManagedHeap),
            .. Grown("the number of descriptors", middle.Descriptors, end.Descriptors, Tolerance.Descriptors),
            .. Grown("the number of threads", middle.Threads, end.Threads, Tolerance.Threads),
        ];
        return grown.Length == 0 ? null : string.Join("; ", grown);
    }

    /// <summary>The figures, one line each.</summary>
    public IEnumerable<string> Lines()
    {
        if (Count < 3)
            yield break;
        yield return $"after round 1        {_samples[0]}";
        yield return $"middle third, most   {Middle}";
        yield return $"last third, most     {End}";
        yield return $"tolerated growth     {Tolerance}";
    }

    private static Figures Most(IEnumerable<Figures> samples) => samples.Aggregate(static (most, next) => new Figures(
        Math.Max(most.Resident, next.Resident),
        Math.Max(most.ManagedHeap, next.ManagedHeap),
        Math.Max(most.Descriptors, next.Descriptors),
        Math.Max(most.Threads, next.Threads)));

    private static IEnumerable<string> Grown(string what, long middle, long end, long tolerance) =>
        end > middle + tolerance ? [$"{what} grew from {middle} to {end}"] : [];

    /// <summary>Memory in bytes, and counts.</summary>
    private sealed record Figures(long Resident, long ManagedHeap, int Descriptors, int Threads)
    {
        public override string ToString() =>
            $"resident {Resident / (double)Megabyte:0.0} MB, managed heap {ManagedHeap / (double)Megabyte:0.0} MB, {Descriptors} descriptors, {Threads} threads";
    }
}
