using System.Security.Cryptography;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>
/// Compares what arrives with an ETag that is the MD5 of the object: 32 hexadecimal digits, as for objects that were stored with one PUT
/// and without a customer's key. Other ETags say nothing of the content.
/// </summary>
internal sealed class ETagHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly byte[] _expected;

    private ETagHash(byte[] expected) => _expected = expected;

    /// <summary>Null where the ETag is no MD5.</summary>
    internal static ETagHash? Create(string? etag)
    {
        var digits = etag?.Trim('"');
        return digits is { Length: 2 * MD5.HashSizeInBytes } && digits.All(char.IsAsciiHexDigit)
            ? new ETagHash(Convert.FromHexString(digits))
            : null;
    }

    /// <summary>A target that hashes what passes.</summary>
    internal IDownloadTarget Observe(IDownloadTarget target) => new Observer(target, _hash);

    /// <summary>To be asked once, at the end.</summary>
    internal bool Matches() => _hash.GetHashAndReset().AsSpan().SequenceEqual(_expected);

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private sealed class Observer(IDownloadTarget target, IncrementalHash hash) : IDownloadTarget
    {
        private Memory<byte> _buffer;

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            target.BeginAsync(info, length, cancellationToken);

        public Memory<byte> GetBuffer() => _buffer = target.GetBuffer();

        public void Advance(int count)
        {
            hash.AppendData(_buffer.Span[..count]);
            target.Advance(count);
        }
    }
}
