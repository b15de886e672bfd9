using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Fuzzing.Answers;

/// <summary>Receives a download of any claimed length in one small buffer, and holds the bucket to the contract of targets.</summary>
internal sealed class CheckedTarget : IDownloadTarget
{
    private readonly byte[] _buffer = new byte[4096];
    private long _length = -1;
    private long _received;

    /// <summary>All that was announced has come.</summary>
    public bool IsComplete => _length >= 0 && _received == _length;

    /// <inheritdoc/>
    public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
    {
        if (length < 0 || info.Length < length)
            throw new FindingException($"a body of {length} bytes was announced for an object of {info.Length}");
        (_length, _received) = (length, 0);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public Memory<byte> GetBuffer() => _buffer;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _received += count;
        if (count > _buffer.Length || _received > _length)
            throw new FindingException("more bytes were delivered than announced");
    }
}
