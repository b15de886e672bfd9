using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>An upload of bytes in memory.</summary>
public sealed class BytesSource(ReadOnlyMemory<byte> content) : IUploadSource
{
    /// <inheritdoc/>
    public long Length => content.Length;

    /// <inheritdoc/>
    public Stream OpenRead() => new MemoryStream(content.ToArray(), writable: false);
}
