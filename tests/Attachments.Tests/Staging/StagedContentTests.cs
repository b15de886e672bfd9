using CsCheck;
using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Staging;

/// <summary>Staged content against an array of bytes. All samples share their pages, so a page that is not cleared shows up.</summary>
public sealed class StagedContentTests : IDisposable
{
    private const int Page = StagingMemory.PageSize;
    private const int Size = 5 * Page;

    private static readonly Gen<int> Offsets = Gen.Frequency(
        (2, Gen.Int[0, Size]),
        (1, Gen.Select(Gen.Int[0, 5], Gen.Int[-1, 1]).Select((page, near) => Math.Clamp((page * Page) + near, 0, Size))));

    private static readonly Gen<Action<Pair>> Steps = Gen.Frequency(
        (4, Gen.Select(Offsets, Offsets, Gen.Byte[1, 255]).Select((a, b, fill) => new Action<Pair>(pair => pair.Write(a, b, fill)))),
        (2, Offsets.Select(length => new Action<Pair>(pair => pair.SetLength(length)))),
        (1, Gen.Select(Offsets, Offsets).Select((a, b) => new Action<Pair>(pair => pair.CompareRead(a, b)))));

    private readonly StagingMemory _memory = new(64 * Size);

    [Fact]
    public void Agrees_with_an_array_of_bytes() => Steps.Array[0, 16].Sample(
        steps =>
        {
            using var pair = new Pair(_memory);
            foreach (Action<Pair> step in steps)
            {
                step(pair);
                pair.CompareWhole();
            }
        },
        iter: 1000);

    [Fact]
    public void Segments_are_the_content_in_order() => Gen.Select(Gen.Int[1, Size], Offsets, Offsets).Sample(
        (length, offset, count) =>
        {
            using var content = new StagedContent(_memory);
            byte[] bytes = new byte[length];
            new Random(length).NextBytes(bytes);
            content.Write(0, bytes);

            Assert.Equal(bytes, content.GetSegments().SelectMany(segment => segment.ToArray()));
            var pieces = new ReadOnlyMemory<byte>[(Size / Page) + 1];
            int found = content.GetSegments(offset, count, pieces);
            Assert.Equal(bytes.Skip(offset).Take(count), pieces.Take(found).SelectMany(piece => piece.ToArray()));
            Assert.All(pieces.Take(found), piece => Assert.InRange(piece.Length, 1, Page));
        },
        iter: 500);

    [Fact]
    public void Content_received_in_place_counts_from_the_length_set()
    {
        using var content = new StagedContent(_memory);
        byte[] bytes = new byte[Page + 100];
        new Random(1).NextBytes(bytes);
        for (int at = 0; at < bytes.Length;)
        {
            Memory<byte> space = content.SpaceAt(at);
            Assert.Equal(Page - (at % Page), space.Length);
            int count = Math.Min(1000, Math.Min(space.Length, bytes.Length - at));
            bytes.AsSpan(at, count).CopyTo(space.Span);
            at += count;
        }

        Assert.Equal(0, content.Length);
        content.SetLength(bytes.Length);
        byte[] read = new byte[bytes.Length + 1];
        Assert.Equal(bytes.Length, content.Read(0, read));
        Assert.Equal(bytes, read[..^1]);
    }

    [Fact]
    public void Nothing_is_read_behind_the_end()
    {
        using var content = new StagedContent(_memory);
        content.Write(0, [1, 2, 3]);
        Assert.Equal(0, content.Read(3, new byte[8]));
        Assert.Equal(0, content.Read(long.MaxValue, new byte[8]));
        Assert.Equal(0, content.GetSegments(long.MaxValue, int.MaxValue, new ReadOnlyMemory<byte>[1]));
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>The content, and the array that it should equal.</summary>
    private sealed class Pair(StagingMemory memory) : IDisposable
    {
        private readonly StagedContent _content = new(memory);
        private readonly HashSet<int> _pages = [];
        private readonly byte[] _model = new byte[Size];
        private int _length;

        public void Write(int a, int b, byte fill)
        {
            (int start, int count) = (Math.Min(a, b), Math.Abs(a - b));
            byte[] data = new byte[count];
            Array.Fill(data, fill);
            long expected = _content.Held + _content.NewPageBytes(start, count);
            _content.Write(start, data);
            Assert.Equal(expected, _content.Held);
            if (count == 0)
                return;

            data.CopyTo(_model, start);
            _length = Math.Max(_length, start + count);
            _pages.UnionWith(Enumerable.Range(start / Page, ((start + count - 1) / Page) - (start / Page) + 1));
        }

        public void SetLength(int length)
        {
            _content.SetLength(length);
            Array.Clear(_model, length, Size - length);
            _length = length;
            _pages.RemoveWhere(page => page * Page >= length);
        }

        public void CompareRead(int offset, int count)
        {
            byte[] read = new byte[count];
            Array.Fill(read, (byte)0xEE);
            int expected = Math.Clamp(_length - offset, 0, count);
            Assert.Equal(expected, _content.Read(offset, read));
            Assert.True(read.AsSpan(0, expected).SequenceEqual(_model.AsSpan(Math.Min(offset, _length), expected)));
            Assert.True(read.AsSpan(expected).IndexOfAnyExcept((byte)0xEE) < 0);
        }

        public void CompareWhole()
        {
            CompareRead(0, Size);
            Assert.Equal(_length, _content.Length);
            Assert.Equal((long)_pages.Count * Page, _content.Held);
        }

        public void Dispose()
        {
            _content.Dispose();
            Assert.Equal((0, 0), (_content.Length, _content.Held));
        }
    }
}
