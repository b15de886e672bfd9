using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Staging;

/// <summary>An object as it lies in the bucket, in staging: <c>header ‖ content ‖ trailer</c>; the source of an upload.</summary>
internal sealed class SealedObject(byte[] header, StagedContent content, byte[] trailer) : IUploadSource
{
    public ReadOnlySpan<byte> Header => header;

    public ReadOnlySpan<byte> Trailer => trailer;

    public StagedContent Content => content;

    public long Length => header.Length + content.Length + trailer.Length;

    public Stream OpenRead()
    {
        var segments = new List<ReadOnlyMemory<byte>>();
        if (header.Length > 0)
            segments.Add(header);
        foreach (Memory<byte> segment in content.GetSegments())
            segments.Add(segment);
        if (trailer.Length > 0)
            segments.Add(trailer);
        return new SegmentStream(segments);
    }
}
