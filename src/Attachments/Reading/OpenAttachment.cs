namespace OrthancCloudFs.Attachments.Reading;

/// <summary>An attachment opened for reading: authenticated, complete and kept in memory until disposed.</summary>
public sealed class OpenAttachment : IDisposable
{
    private readonly ContentCache _cache;
    private readonly Action _closed;
    private CachedContent? _content;

    internal OpenAttachment(ContentCache cache, CachedContent content, Action closed) =>
        (_cache, _content, _closed, Info) = (cache, content, closed, content.Info);

    /// <summary>What was opened.</summary>
    public AttachmentInfo Info { get; }

    /// <summary>The most pieces that <see cref="GetSegments"/> returns for so many bytes.</summary>
    public static int MaxSegments(int count) => (count / Staging.StagingMemory.PageSize) + 2;

    /// <summary>The pieces of memory that hold <c>[offset, offset + count)</c>, fewer at the end of the content; returns how many.</summary>
    public int GetSegments(long offset, int count, Span<ReadOnlyMemory<byte>> segments) =>
        (_content ?? throw new ObjectDisposedException(nameof(OpenAttachment))).Content.GetSegments(offset, count, segments);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _content, null) is not { } content)
            return;
        _cache.Unpin(content);
        _closed();
    }
}
