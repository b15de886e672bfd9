using System.Runtime.CompilerServices;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>What the bucket holds, folder by folder, page by page.</summary>
public sealed partial class AttachmentStore
{
    /// <summary>
    /// The bytes of the sub-folders of a folder of depth 0 or 1 that hold attachments, in order. In the flat layout keys have no folders,
    /// and a listing jumps from one sub-folder to the next, so that it costs at most 256 requests for any number of objects.
    /// </summary>
    public async IAsyncEnumerable<byte> ListDirectoriesAsync(
        HashDirectory parent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = _layout.PrefixOf(parent);
        string? startAfter = null;
        int last = -1;
        do
        {
            ListPage page = await ListPageAsync(prefix, _layout.Delimiter, startAfter, cancellationToken).ConfigureAwait(false);
            startAfter = page.NextStartAfter;
            foreach (string key in _layout.Delimiter is null ? page.Objects.Select(found => found.Key) : page.CommonPrefixes)
            {
                if (!TryGetChild(parent, prefix, key, out byte child) || child <= last)
                    continue;
                last = child;
                yield return child;
            }

            if (startAfter is not null && _layout.Delimiter is null && last >= 0)
            {
                // 'g' sorts behind every hexadecimal digit: no key of this sub-folder is behind it.
                string behindLast = prefix + HashDirectory.NameOf((byte)last) + "g";
                startAfter = string.CompareOrdinal(behindLast, startAfter) > 0 ? behindLast : startAfter;
            }
        }
        while (startAfter is not null);
    }

    /// <summary>The committed attachments of one folder of depth 2, each once, in order of their names.</summary>
    public async IAsyncEnumerable<AttachmentListing> ListAttachmentsAsync(
        HashDirectory directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (AttachmentListing listing in ListPrefixAsync(_layout.PrefixOf(directory), cancellationToken).ConfigureAwait(false))
        {
            if (directory.Holds(listing.Id))
                yield return listing;
        }
    }

    /// <summary>All committed attachments, each once, in order of their names.</summary>
    public IAsyncEnumerable<AttachmentListing> ListAllAsync(CancellationToken cancellationToken) =>
        ListPrefixAsync(_layout.Prefix, cancellationToken);

    private static bool TryGetChild(HashDirectory parent, string prefix, string key, out byte child)
    {
        child = 0;
        if (key.Length < prefix.Length + 2)
            return false;
        ReadOnlySpan<byte> name = [(byte)key[prefix.Length], (byte)key[prefix.Length + 1]];
        if (!parent.TryGetChild(name, out HashDirectory directory))
            return false;
        child = directory.Depth == 1 ? directory.FirstByte : directory.SecondByte;
        return true;
    }

    private async IAsyncEnumerable<AttachmentListing> ListPrefixAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? startAfter = null;
        AttachmentId? last = null;
        do
        {
            ListPage page = await ListPageAsync(prefix, null, startAfter, cancellationToken).ConfigureAwait(false);
            startAfter = page.NextStartAfter;
            foreach (ObjectInfo found in page.Objects)
            {
                if (!_layout.TryParse(found.Key, out AttachmentKey parsed) || parsed.Id == last || _pendingDeletes.Hides(parsed.Id))
                    continue;
                last = parsed.Id;
                yield return new AttachmentListing(parsed.Id, _form.Describe(parsed.Id, found, parsed.Encrypted));
            }
        }
        while (startAfter is not null);
    }

    private async Task<ListPage> ListPageAsync(string prefix, char? delimiter, string? startAfter, CancellationToken cancellationToken)
    {
        try
        {
            return await _bucket.ListAsync(prefix, delimiter, startAfter, _options.ListPageSize, cancellationToken).ConfigureAwait(false);
        }
        catch (BucketException e)
        {
            LogNotListed(prefix, e.Message);
            throw AttachmentException.From(e);
        }
    }

    [Microsoft.Extensions.Logging.LoggerMessage(
        Level = Microsoft.Extensions.Logging.LogLevel.Error, Message = "Cannot list {Prefix}: {Reason}")]
    private partial void LogNotListed(string prefix, string reason);
}
