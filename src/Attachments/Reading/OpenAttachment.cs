namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// An attachment opened for reading: authenticated, and kept in memory until disposed, or, if it is too large for that, read from the very
/// object that was authenticated.
/// </summary>
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

    /// <summary>True when all of it is in memory and <see cref="GetSegments"/> can be asked; false when it is fetched as it is read.</summary>
    public bool IsWhole => Content.Whole is not null;

    private CachedContent Content => _content ?? throw new ObjectDisposedException(nameof(OpenAttachment));

    /// <summary>The pieces of memory that hold <c>[offset, offset + count)</c>, fewer at the end of the content; returns how many.</summary>
    /// <exception cref="InvalidOperationException">It is not <see cref="IsWhole"/>.</exception>
    public int GetSegments(long offset, int count, Span<ReadOnlyMemory<byte>> segments) =>
        (Content.Whole ?? throw new InvalidOperationException("The attachment is not in memory as a whole.")).GetSegments(offset, count, segments);

    /// <summary>Copies content out; returns how many bytes there were, fewer than asked for only at the end.</summary>
    /// <exception cref="AttachmentException">Of an attachment that is fetched as it is read: the bucket does not deliver what was opened.</exception>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken)
    {
        // Whoever closes meanwhile must not free what is being read into.
        CachedContent content = Content;
        _cache.PinOnceMore(content);
        try
        {
            return await content.ReadAsync(offset, into, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _cache.Unpin(content);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _content, null) is not { } content)
            return;
        _cache.Unpin(content);
        _closed();
    }
}
