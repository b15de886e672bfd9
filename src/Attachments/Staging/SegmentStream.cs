namespace OrthancCloudFs.Attachments.Staging;

/// <summary>A read-only, seekable stream over pieces of memory, without a copy of its own.</summary>
internal sealed class SegmentStream : ReadOnlyStream
{
    private readonly ReadOnlyMemory<byte>[] _segments;
    private readonly long[] _starts;

    public SegmentStream(IReadOnlyList<ReadOnlyMemory<byte>> segments)
    {
        // An empty segment would start where its neighbour starts, and a position must lie in one segment only.
        _segments = [.. segments.Where(segment => !segment.IsEmpty)];
        _starts = new long[_segments.Length];
        for (int i = 0; i < _segments.Length; i++)
        {
            _starts[i] = Length;
            Length += _segments[i].Length;
        }
    }

    public override long Length { get; }

    protected override int ReadAt(long position, Span<byte> buffer)
    {
        int found = Array.BinarySearch(_starts, position);
        int index = found >= 0 ? found : ~found - 1;
        int done = 0;
        for (int inside = (int)(position - _starts[index]); done < buffer.Length; inside = 0, index++)
        {
            ReadOnlySpan<byte> rest = _segments[index].Span[inside..];
            int count = Math.Min(rest.Length, buffer.Length - done);
            rest[..count].CopyTo(buffer[done..]);
            done += count;
        }

        return done;
    }

    protected override ValueTask<int> ReadAtAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken) =>
        ValueTask.FromResult(ReadAt(position, buffer.Span));
}
