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
    /// True when the bucket has the very object that was sent, by its header; a plain one, which has none, is told by its length alone.
    /// </summary>
    /// <exception cref="BucketException">The bucket does not say; even a clear refusal leaves open whether the object is there.</exception>
    public static async Task<bool> IsStoredAsync(
        IBucket bucket, string key, byte[] header, long length, CancellationToken cancellationToken)
    {
        try
        {
            if (header.Length == 0)
                return (await bucket.HeadAsync(key, cancellationToken).ConfigureAwait(false))?.Length == length;
            byte[]? found = await ReadAsync(bucket, key, header.Length, cancellationToken).ConfigureAwait(false);
            return found is not null && found.AsSpan().SequenceEqual(header);
        }
        catch (BucketException e)
        {
            throw new BucketException(e.Kind, e.Message, e) { AfterRetry = true };
        }
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
