using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>Ends the body early.</summary>
internal sealed class TruncatingTarget(string key, IDownloadTarget target, long left) : IDownloadTarget
{
    private long _left = left;

    public async ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
    {
        await target.BeginAsync(info, length, cancellationToken);
        if (length > 0 && _left == 0)
            throw Ended();
    }

    public Memory<byte> GetBuffer()
    {
        var buffer = target.GetBuffer();
        return buffer.Length > _left ? buffer[..(int)_left] : buffer;
    }

    public void Advance(int count)
    {
        target.Advance(count);
        _left -= count;
        if (_left == 0)
            throw Ended();
    }

    private BucketException Ended() => new(BucketErrorKind.Truncated, $"Get {key}: injected end of the body");
}
