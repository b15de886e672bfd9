namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>The body of an upload; every read by the HTTP stack is progress.</summary>
internal sealed class UploadStream(Stream inner, StallGuard guard) : Stream
{
    /// <exception cref="BucketException">The source's stream is not as long as it announces.</exception>
    internal static UploadStream Open(string key, IUploadSource source, StallGuard guard)
    {
        var body = new UploadStream(source.OpenRead(), guard);
        if (body.Length == source.Length)
            return body;
        body.Dispose();
        throw UploadReader.WrongLength(key, source);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        guard.Progress();
        return inner.Read(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        guard.Progress();
        return inner.ReadAsync(buffer, cancellationToken);
    }

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
