using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>Reads the first bytes of an object, which in an envelope are unique to each object ever made.</summary>
internal static class ObjectHeader
{
    /// <summary>The first <paramref name="length"/> bytes, fewer when the object is shorter; null when there is no such object.</summary>
    public static async Task<byte[]?> ReadAsync(IBucket bucket, string key, int length, CancellationToken cancellationToken)
    {
        var target = new Target(length);
        bool found = await bucket.GetAsync(key, new GetOptions(new ByteRange(0, length)), target, cancellationToken).ConfigureAwait(false);
        return found ? target.Received : null;
    }

    /// <summary>Takes them.</summary>
    internal sealed class Target(int length) : IDownloadTarget
    {
        private readonly byte[] _bytes = new byte[length];
        private int _count;

        public byte[] Received => _bytes[.._count];

        public long ObjectLength { get; private set; }

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
        {
            _count = 0;
            ObjectLength = info.Length;
            return ValueTask.CompletedTask;
        }

        public Memory<byte> GetBuffer() => _bytes.AsMemory(_count);

        public void Advance(int count) => _count += count;
    }
}
