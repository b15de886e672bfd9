using System.Runtime.CompilerServices;
using System.Text;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>What the bucket holds, folder by folder, page by page.</summary>
public sealed partial class AttachmentStore
{
    /// <summary>
    /// The bytes of the sub-folders of a folder of depth 0 or 1 that hold attachments, in order. In the flat layout keys have no folders:
    /// where a page of keys shows hardly more than one sub-folder, the others are asked for one by one, so that a listing costs at most
    /// 256 small requests (and one for each first digit) for any number of objects.
    /// </summary>
    public IAsyncEnumerable<byte> ListDirectoriesAsync(HashDirectory parent, CancellationToken cancellationToken)
    {
        IEnumerable<byte> pending = InJournal()
            .Select(info => info.Id.Directory)
            .Where(directory => parent.Depth == 0 || directory.FirstByte == parent.FirstByte)
            .Select(directory => parent.Depth == 0 ? directory.FirstByte : directory.SecondByte)
            .Distinct();
        return MergeAsync(ListStoredDirectoriesAsync(parent, cancellationToken), pending, static (left, right) => left.CompareTo(right));
    }

    private async IAsyncEnumerable<byte> ListStoredDirectoriesAsync(
        HashDirectory parent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = _layout.PrefixOf(parent);
        string? token = null;
        int last = -1;
        do
        {
            ListPage page = await ListPageAsync(prefix, _layout.Delimiter, token, _options.ListPageSize, cancellationToken).ConfigureAwait(false);
            token = page.NextPageToken;
            int found = 0;
            foreach (string key in _layout.Delimiter is null ? page.Objects.Select(item => item.Key) : page.CommonPrefixes)
            {
                if (!TryGetChild(parent, key, out byte child) || child <= last)
                    continue;
                last = child;
                found++;
                yield return child;
            }

            if (token is null || _layout.Delimiter is not null || found > 1 || page.Objects.Count == 0)
                continue;
            await foreach (byte child in AskForDirectoriesAsync(parent, last + 1, cancellationToken).ConfigureAwait(false))
                yield return child;
            yield break;
        }
        while (token is not null);
    }

    /// <summary>The committed attachments of one folder of depth 2, each once, in order of their names.</summary>
    public IAsyncEnumerable<AttachmentListing> ListAttachmentsAsync(HashDirectory directory, CancellationToken cancellationToken) =>
        ListAsync(_layout.PrefixOf(directory), directory.Holds, cancellationToken);

    /// <summary>All committed attachments, each once, in order of their names.</summary>
    public IAsyncEnumerable<AttachmentListing> ListAllAsync(CancellationToken cancellationToken) =>
        ListAsync(_layout.Prefix, static _ => true, cancellationToken);

    /// <summary>Two sequences in order as one, in which what both have is there once.</summary>
    private static async IAsyncEnumerable<T> MergeAsync<T>(IAsyncEnumerable<T> stored, IEnumerable<T> pending, Comparison<T> compare)
    {
        var waiting = new Queue<T>(pending);
        await foreach (T item in stored.ConfigureAwait(false))
        {
            while (waiting.TryPeek(out T? first) && compare(first, item) <= 0)
            {
                waiting.Dequeue();
                if (compare(first, item) < 0)
                    yield return first;
            }

            yield return item;
        }

        foreach (T item in waiting)
            yield return item;
    }

    private IAsyncEnumerable<AttachmentListing> ListAsync(
        string prefix, Func<AttachmentId, bool> holds, CancellationToken cancellationToken)
    {
        IEnumerable<AttachmentListing> pending = InJournal()
            .Where(info => holds(info.Id))
            .Select(info => new AttachmentListing(info.Id, info));
        return MergeAsync(ListStoredAsync(prefix, holds, cancellationToken), pending, static (left, right) => left.Id.CompareTo(right.Id));
    }

    private IReadOnlyList<AttachmentInfo> InJournal() => _journal?.All() ?? [];

    /// <summary>The same from a sub-folder on, by the prefixes of their keys.</summary>
    private async IAsyncEnumerable<byte> AskForDirectoriesAsync(
        HashDirectory parent, int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = _layout.PrefixOf(parent);
        int child = from;
        while (child <= byte.MaxValue)
        {
            string name = HashDirectory.NameOf((byte)child);
            if (child % 16 == 0 && !await HoldsAttachmentsAsync(prefix + name[0], parent, cancellationToken).ConfigureAwait(false))
            {
                child += 16;
                continue;
            }

            if (await HoldsAttachmentsAsync(prefix + name, parent, cancellationToken).ConfigureAwait(false))
                yield return (byte)child;
            child++;
        }
    }

    private async Task<bool> HoldsAttachmentsAsync(string prefix, HashDirectory parent, CancellationToken cancellationToken)
    {
        // Foreign keys may come first, so one would often not do.
        const int PageSize = 8;
        string? token = null;
        do
        {
            ListPage page = await ListPageAsync(prefix, null, token, PageSize, cancellationToken).ConfigureAwait(false);
            if (page.Objects.Any(item => TryGetChild(parent, item.Key, out _)))
                return true;
            token = page.NextPageToken;
        }
        while (token is not null);
        return false;
    }

    /// <summary>The sub-folder that an attachment's key, or a folded prefix, lies in; false for what is nobody's of ours.</summary>
    private bool TryGetChild(HashDirectory parent, string found, out byte child)
    {
        child = 0;
        if (_layout.Delimiter is null)
        {
            bool isAttachment = _layout.TryParse(found, out AttachmentKey parsed);
            HashDirectory folder = parsed.Id.Directory;
            child = parent.Depth == 0 ? folder.FirstByte : folder.SecondByte;
            return isAttachment;
        }

        ReadOnlySpan<char> name = found.AsSpan(_layout.PrefixOf(parent).Length);
        Span<byte> utf8 = stackalloc byte[3];
        if (name.Length != utf8.Length || !Encoding.ASCII.TryGetBytes(name, utf8, out int written) || written != utf8.Length
            || !parent.TryGetChild(utf8[..2], out HashDirectory directory))
        {
            return false;
        }

        child = directory.Depth == 1 ? directory.FirstByte : directory.SecondByte;
        return true;
    }

    private async IAsyncEnumerable<AttachmentListing> ListStoredAsync(
        string prefix, Func<AttachmentId, bool> holds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        AttachmentId? last = null;
        do
        {
            // Before the bucket is asked: see FindAsync.
            IReadOnlyDictionary<AttachmentId, HiddenObjects> hidden = _pendingDeletes.AllHidden();
            ListPage page = await ListPageAsync(prefix, null, token, _options.ListPageSize, cancellationToken).ConfigureAwait(false);
            token = page.NextPageToken;
            foreach (ObjectInfo found in page.Objects)
            {
                if (!_layout.TryParse(found.Key, out AttachmentKey parsed) || parsed.Id == last || !holds(parsed.Id)
                    || await IsHiddenAsync(hidden.GetValueOrDefault(parsed.Id), found.Key, cancellationToken).ConfigureAwait(false))
                {
                    continue;
                }

                last = parsed.Id;
                yield return new AttachmentListing(parsed.Id, _form.Describe(parsed.Id, found, parsed.Encrypted));
            }
        }
        while (token is not null);
    }

    private async Task<ListPage> ListPageAsync(
        string prefix, char? delimiter, string? token, int pageSize, CancellationToken cancellationToken)
    {
        try
        {
            return await _bucket.ListAsync(prefix, delimiter, token, pageSize, cancellationToken).ConfigureAwait(false);
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
