using System.Security.Cryptography;

namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>Compares what arrives with the checksum of the object that the provider keeps.</summary>
internal abstract class ContentHash : IDisposable
{
    /// <summary>Null where there is no MD5 to compare with.</summary>
    internal static ContentHash? Md5(byte[]? expected) => expected is { Length: MD5.HashSizeInBytes } ? new Md5Hash(expected) : null;

    /// <summary>Null where there is no CRC-32C to compare with.</summary>
    /// <param name="expected">As <see cref="Transfer.Crc32C.ToString"/> writes it.</param>
    internal static ContentHash? Crc32C(string? expected) => expected is null ? null : new Crc32CHash(expected);

    /// <summary>A target that hashes what passes.</summary>
    internal IDownloadTarget Observe(IDownloadTarget target) => new Observer(target, this);

    /// <summary>To be asked once, at the end.</summary>
    /// <exception cref="BucketException">The bytes are not those that the provider has.</exception>
    internal void Require(string key)
    {
        if (!Matches())
            throw new BucketException(BucketErrorKind.ChecksumMismatch, $"get {key}: the bytes do not have the checksum that the provider keeps of them");
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    protected abstract void Append(ReadOnlySpan<byte> bytes);

    protected abstract bool Matches();

    private sealed class Md5Hash(byte[] expected) : ContentHash
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);

        public override void Dispose()
        {
            _hash.Dispose();
            base.Dispose();
        }

        protected override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        protected override bool Matches() => _hash.GetHashAndReset().AsSpan().SequenceEqual(expected);
    }

    private sealed class Crc32CHash(string expected) : ContentHash
    {
        private Crc32C _hash = new();

        protected override void Append(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

        protected override bool Matches() => _hash.ToString() == expected;
    }

    private sealed class Observer(IDownloadTarget target, ContentHash hash) : IDownloadTarget
    {
        private Memory<byte> _buffer;

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            target.BeginAsync(info, length, cancellationToken);

        public Memory<byte> GetBuffer() => _buffer = target.GetBuffer();

        public void Advance(int count)
        {
            hash.Append(_buffer.Span[..count]);
            target.Advance(count);
        }
    }
}
