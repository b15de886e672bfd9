using System.Security.Cryptography;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>Reads the first bytes of an object, which in an envelope are unique to each object ever made.</summary>
internal static class ObjectHeader
{
    /// <summary>The fingerprint by which an object of our own making is told from another one under the same key: SHA-256, hexadecimal.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> header) => Convert.ToHexStringLower(SHA256.HashData(header));

    /// <summary>The first <paramref name="length"/> bytes, fewer when the object is shorter; null when there is no such object.</summary>
    public static async Task<byte[]?> ReadAsync(IBucket bucket, string key, int length, CancellationToken cancellationToken)
    {
        var target = new Target(length);
        bool found = await bucket.GetAsync(key, new GetOptions(new ByteRange(0, length)), target, cancellationToken).ConfigureAwait(false);
        return found ? target.Received : null;
    }

    /// <summary>
    /// True when the object's header has one of these fingerprints, null when there is no object. No checksum goes with a part of an object:
    /// that it has another one is believed only when it is read twice.
    /// </summary>
    /// <exception cref="BucketException">The bucket does not say, or not the same twice.</exception>
    public static async Task<bool?> HasOneOfAsync(
        IReadOnlyCollection<string> fingerprints, IBucket bucket, string key, int length, CancellationToken cancellationToken)
    {
        if (await ReadAsync(bucket, key, length, cancellationToken).ConfigureAwait(false) is not { } header)
            return null;
        if (fingerprints.Contains(Fingerprint(header), StringComparer.Ordinal))
            return true;
        byte[]? again = await ReadAsync(bucket, key, length, cancellationToken).ConfigureAwait(false);
        return again.AsSpan().SequenceEqual(header)
            ? false
            : throw new BucketException(BucketErrorKind.ChecksumMismatch, $"get {key}: its first bytes were not the same twice");
    }

    private sealed class Target(int length) : IDownloadTarget
    {
        private readonly byte[] _bytes = new byte[length];
        private int _count;

        public byte[] Received => _bytes[.._count];

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
        {
            _count = 0;
            return ValueTask.CompletedTask;
        }

        public Memory<byte> GetBuffer() => _bytes.AsMemory(_count);

        public void Advance(int count) => _count += count;
    }
}
