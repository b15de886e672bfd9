using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>Flips one bit of the body.</summary>
internal sealed class FlippingTarget(IDownloadTarget target, long byteOffset, int bit) : IDownloadTarget
{
    private Memory<byte> _buffer;
    private long _position;

    public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
        target.BeginAsync(info, length, cancellationToken);

    public Memory<byte> GetBuffer() => _buffer = target.GetBuffer();

    public void Advance(int count)
    {
        var index = byteOffset - _position;
        if (index >= 0 && index < count)
            _buffer.Span[(int)index] ^= (byte)(1 << bit);
        _position += count;
        target.Advance(count);
    }
}
