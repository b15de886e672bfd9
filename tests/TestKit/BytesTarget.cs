using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>Collects one download in memory, through buffers of at most <paramref name="bufferSize"/> bytes.</summary>
public sealed class BytesTarget(int bufferSize = 64 << 10) : IDownloadTarget
{
    private byte[] _bytes = [];
    private int _position;

    /// <summary>What the bucket said of the object, once it answered.</summary>
    public ObjectInfo? Info { get; private set; }

    /// <summary>How often a download began: more than once where it was retried.</summary>
    public int Begins { get; private set; }

    /// <summary>The bytes that arrived since the last beginning.</summary>
    public ReadOnlySpan<byte> Received => _bytes.AsSpan(0, _position);

    /// <summary>The same as an array.</summary>
    public byte[] ToArray() => Received.ToArray();

    /// <inheritdoc/>
    public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
    {
        Info = info;
        Begins++;
        _bytes = new byte[length];
        _position = 0;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public Memory<byte> GetBuffer() => _bytes.AsMemory(_position, Math.Min(bufferSize, _bytes.Length - _position));

    /// <inheritdoc/>
    public void Advance(int count) => _position += count;
}
