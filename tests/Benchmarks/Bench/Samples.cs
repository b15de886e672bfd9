namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>One figure of every round, in order.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public double Median => MedianOf(_values);

    public void Add(double value) => _values.Add(value);

    /// <summary>The median of the rounds' own ratios: what drifts on a shared machine is in both figures of a round.</summary>
    public double RatioTo(Samples reference) => MedianOf([.. _values.Zip(reference._values, static (own, other) => own / other)]);

    private static double MedianOf(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
