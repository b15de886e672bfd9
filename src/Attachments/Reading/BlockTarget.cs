using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>Receives a range of an object into the slots of its blocks.</summary>
internal sealed class BlockTarget(AttachmentInfo attachment, long objectLength, BlockSlot[] slots, long length, string? etag) : IDownloadTarget
{
    private long _received;

    /// <summary>The version that was delivered.</summary>
    public string? ETag { get; private set; }

    public ValueTask BeginAsync(ObjectInfo info, long bodyLength, CancellationToken cancellationToken)
    {
        RequireSame(attachment, objectLength, info, etag);
        if (bodyLength != length)
            throw new BucketException(BucketErrorKind.Truncated, $"get {info.Key}: {bodyLength} bytes were announced, of {length}");
        ETag = info.ETag;
        _received = 0;
        return ValueTask.CompletedTask;
    }

    public Memory<byte> GetBuffer()
    {
        (long slot, long within) = Math.DivRem(_received, BlockSlot.Length);
        Memory<byte> space = slots[slot].SpaceAt((int)within);
        long left = length - _received;
        return space.Length > left ? space[..(int)left] : space;
    }

    public void Advance(int count) => _received += count;

    /// <summary>Refuses another object than the one that was opened, also where the provider does not compare versions itself.</summary>
    internal static void RequireSame(AttachmentInfo attachment, long objectLength, ObjectInfo found, string? etag)
    {
        if (found.Length != objectLength || (etag is not null && found.ETag is not null && found.ETag != etag))
            throw new BucketException(BucketErrorKind.Changed, $"get {attachment.Key}: the object is another one than was opened");
    }
}
