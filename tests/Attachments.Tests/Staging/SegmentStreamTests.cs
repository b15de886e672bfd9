using CsCheck;
using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Staging;

public sealed class SegmentStreamTests
{
    private static readonly Gen<byte[][]> Segments = Gen.Byte.Array[0, 9].Array[0, 6];

    private static readonly Gen<(int Position, int Count)[]> Reads = Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60]).Array[1, 8];

    [Fact]
    public void Reads_as_one_stream() => Gen.Select(Segments, Reads).Sample((segments, reads) =>
    {
        byte[] whole = [.. segments.SelectMany(segment => segment)];
        using SegmentStream stream = Create(segments);
        Assert.Equal(whole.Length, stream.Length);
        foreach ((int position, int count) in reads)
        {
            stream.Position = position;
            byte[] expected = [.. whole.Skip(position).Take(count)];
            byte[] read = new byte[count];
            Assert.Equal(expected.Length, stream.Read(read));
            Assert.Equal(expected, read[..expected.Length]);
            Assert.Equal(position + expected.Length, stream.Position);
        }
    });

    [Fact]
    public void Copies_whole() => Segments.Sample(segments =>
    {
        using var copy = new MemoryStream();
        using SegmentStream stream = Create(segments);
        stream.CopyTo(copy);
        Assert.Equal(segments.SelectMany(segment => segment), copy.ToArray());
    });

    [Fact]
    public async Task Reads_asynchronously_unless_cancelled()
    {
        await using SegmentStream stream = Create([1, 2], [3]);
        byte[] read = new byte[4];
        Assert.Equal(3, await stream.ReadAsync(read, CancellationToken.None));
        Assert.Equal([1, 2, 3, 0], read);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => stream.ReadExactlyAsync(read, new CancellationToken(canceled: true)).AsTask());
    }

    [Fact]
    public void Seeks_from_everywhere_but_not_before_the_start()
    {
        using SegmentStream stream = Create([1, 2], [3]);
        Assert.Equal(2, stream.Seek(2, SeekOrigin.Begin));
        Assert.Equal(1, stream.Seek(-1, SeekOrigin.Current));
        Assert.Equal(2, stream.Seek(-1, SeekOrigin.End));
        Assert.Equal(3, stream.ReadByte());
        Assert.Equal(-1, stream.ReadByte());
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Seek(-4, SeekOrigin.End));
    }

    private static SegmentStream Create(params byte[][] segments) =>
        new([.. segments.Select(segment => new ReadOnlyMemory<byte>(segment))]);
}
