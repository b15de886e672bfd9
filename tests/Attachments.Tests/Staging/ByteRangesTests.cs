using CsCheck;
using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Staging;

public sealed class ByteRangesTests
{
    private const int Size = 48;

    private static readonly Gen<Action<ByteRanges, bool[]>> Additions = Gen.Select(Gen.Int[0, Size], Gen.Int[0, Size])
        .Select((start, end) => new Action<ByteRanges, bool[]>((ranges, model) =>
        {
            ranges.Add(start, end);
            if (start < end)
                Array.Fill(model, true, start, end - start);
        }));

    private static readonly Gen<Action<ByteRanges, bool[]>> Truncations = Gen.Int[0, Size]
        .Select(length => new Action<ByteRanges, bool[]>((ranges, model) =>
        {
            ranges.Truncate(length);
            Array.Fill(model, false, length, Size - length);
        }));

    [Fact]
    public void Agrees_with_an_array_of_flags() => Gen.Frequency((4, Additions), (1, Truncations)).Array[0, 24].Sample(steps =>
    {
        var ranges = new ByteRanges();
        bool[] model = new bool[Size];
        foreach (Action<ByteRanges, bool[]> step in steps)
        {
            step(ranges, model);
            for (int length = 0; length <= Size; length++)
                Assert.Equal(FirstGap(model, length), ranges.FirstGap(length));
        }

        // Only the first gap is seen from outside: closing it byte by byte shows all others.
        while (ranges.FirstGap(Size) is { } gap)
        {
            Assert.Equal(FirstGap(model, Size), gap);
            ranges.Add(gap, gap + 1);
            model[gap] = true;
        }

        Assert.DoesNotContain(false, model);
    });

    private static long? FirstGap(bool[] model, int length)
    {
        int gap = Array.IndexOf(model, false, 0, length);
        return gap < 0 ? null : gap;
    }
}
