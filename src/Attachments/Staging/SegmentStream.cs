namespace OrthancCloudFs.Attachments.Staging;

/// <summary>A read-only, seekable stream over pieces of memory, without a copy of its own.</summary>
internal sealed class SegmentStream : Stream
{
    private readonly ReadOnlyMemory<byte>[] _segments;
    private readonly long[] _starts;
    private long _position;

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

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && _position < Length)
        {
            int found = Array.BinarySearch(_starts, _position);
            int index = found >= 0 ? found : ~found - 1;
            ReadOnlySpan<byte> rest = _segments[index].Span[(int)(_position - _starts[index])..];
            int count = Math.Min(rest.Length, buffer.Length - done);
            rest[..count].CopyTo(buffer[done..]);
            done += count;
            _position += count;
        }

        return done;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
