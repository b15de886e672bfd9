using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>Reads stored objects: from the journal what is not in the bucket yet, and from the bucket everything else.</summary>
internal sealed class ObjectReader(IBucket bucket, UploadJournal? journal)
{
    /// <inheritdoc cref="IBucket.GetAsync"/>
    public async Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        if (journal is null)
            return await bucket.GetAsync(key, options, target, cancellationToken).ConfigureAwait(false);
        if (await journal.TryGetAsync(key, options, target, cancellationToken).ConfigureAwait(false))
            return true;
        if (!UploadJournal.IsVersionOf(options.IfETag))
            return await bucket.GetAsync(key, options, target, cancellationToken).ConfigureAwait(false);

        // It was uploaded since it was opened. The bucket has another name for the version; the envelope tells that it is the same.
        var unnamed = new RenamingTarget(target, options.IfETag!);
        return await bucket.GetAsync(key, options with { IfETag = null }, unnamed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the version by the name that the caller knows it by.</summary>
    private sealed class RenamingTarget(IDownloadTarget target, string etag) : IDownloadTarget
    {
        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            target.BeginAsync(info with { ETag = etag }, length, cancellationToken);

        public Memory<byte> GetBuffer() => target.GetBuffer();

        public void Advance(int count) => target.Advance(count);
    }
}
