using OrthancCloudFs.Fuzzing.Targets;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// What an input allocates is read from a counter of the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace OrthancCloudFs.Fuzzing.Tests;

/// <summary>What searches have found worth keeping, once more, without a search.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Names => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_kept_input_is_parsed_or_refused_within_its_bounds(string name)
    {
        using FuzzTarget target = FuzzTargets.Create(name)!;
        target.WarmUp();
        string[] kept = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Corpus", name));
        Assert.NotEmpty(kept);
        Assert.All(kept, file => target.Run(File.ReadAllBytes(file)));
    }

    [Fact]
    public void An_input_that_costs_more_memory_than_it_may_is_a_finding()
    {
        using var target = new HungryTarget();
        target.Run(new byte[10]);
        Assert.Throws<FindingException>(() => target.Run(new byte[1000]));
    }

    /// <summary>Allocates the square of its input.</summary>
    private sealed class HungryTarget : FuzzTarget
    {
        public override string Name => "hungry";

        public override IEnumerable<byte[]> Seeds => [];

        protected override void Parse(byte[] input)
        {
            for (int i = 0; i < input.Length; i++)
                GC.KeepAlive(new byte[input.Length * 4]);
        }
    }
}
