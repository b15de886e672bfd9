using OrthancCloudFs.Attachments.Staging;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>A range of a file as a read-only, seekable stream. Owns the file.</summary>
internal sealed class FileRange(FileStream file, long start, long length) : ReadOnlyStream
{
    public override long Length => length;

    protected override int ReadAt(long position, Span<byte> buffer) => RandomAccess.Read(file.SafeFileHandle, buffer, start + position);

    protected override ValueTask<int> ReadAtAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken) =>
        RandomAccess.ReadAsync(file.SafeFileHandle, buffer, start + position, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
