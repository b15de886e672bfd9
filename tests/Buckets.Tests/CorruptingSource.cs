using OrthancCloudFs.TestKit;

namespace OrthancCloudFs.Buckets.Tests;

/// <summary>Flips a bit once the hashes are made, as failing memory would.</summary>
/// <param name="content">The true bytes.</param>
/// <param name="passes">How often they are read before they are sent.</param>
internal sealed class CorruptingSource(byte[] content, int passes) : IUploadSource
{
    public long Length => content.Length;

    public Stream OpenRead() => new Corrupting(content, passes);

    private sealed class Corrupting(byte[] content, int passes) : MemoryStream([.. content], 0, content.Length, writable: true)
    {
        private int _passes = passes;

        /// <summary>Every other way to read ends here.</summary>
        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            if (read > 0 && Position == Length && _passes > 0 && --_passes == 0)
            {
                Position = Length / 2;
                WriteByte((byte)(content[content.Length / 2] ^ 1));
                Position = Length;
            }
            return read;
        }
    }
}
