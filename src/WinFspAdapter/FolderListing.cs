using OrthancCloudFs.Attachments;
using OrthancCloudFs.Tree;
using OrthancCloudFs.WinFspAdapter.Underlay;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>
/// A hash folder read entry by entry: "." and ".." below the root, then what the root has from the underlay, then what the bucket holds. Who
/// reads on names the last entry that he has; mostly that is the one that was given last.
/// </summary>
internal sealed class FolderListing(AttachmentTree tree, UnderlayFolder underlay, HashDirectory directory) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly DirectoryStream _stream = tree.OpenDirectory(directory);
    private IReadOnlyList<ListedItem> _first = [];
    private long _next;
    private string? _last;

    /// <summary>Fills a buffer from behind a name on, from the start without one.</summary>
    /// <returns>Bytes in the buffer.</returns>
    public async Task<uint> ReadAsync(string? marker, ListingWriter writer, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (marker is null)
                await RewindAsync().ConfigureAwait(false);
            else if (!marker.Equals(_last, StringComparison.OrdinalIgnoreCase))
                await SeekAsync(marker, cancellationToken).ConfigureAwait(false);
            while (await AtAsync(_next, cancellationToken).ConfigureAwait(false) is { } item)
            {
                if (!writer.TryAdd(item.Name, item.Information))
                    return writer.Transferred;
                (_next, _last) = (_next + 1, item.Name);
            }

            writer.End();
            return writer.Transferred;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = _stream.DisposeAsync().AsTask();

    private async Task RewindAsync()
    {
        List<ListedItem> first = [];
        if (directory.Depth == 0)
        {
            first.AddRange(underlay.List("").Where(item => !StoragePath.IsHashDirectoryName(item.Name)));
        }
        else
        {
            first.Add(new ListedItem(".", Descriptions.Of(directory)));
            first.Add(new ListedItem("..", Descriptions.Of(directory.Depth == 1 ? HashDirectory.Root : HashDirectory.First(directory.FirstByte))));
        }

        (_first, _next, _last) = (first, 0, null);
        await _stream.RewindAsync().ConfigureAwait(false);
    }

    /// <summary>Behind a name that is not the one given last; where it is gone, behind those that come before it.</summary>
    private async Task SeekAsync(string marker, CancellationToken cancellationToken)
    {
        await RewindAsync().ConfigureAwait(false);
        long behind = 0;
        for (long position = 0; await AtAsync(position, cancellationToken).ConfigureAwait(false) is { } item; position++)
        {
            int order = StringComparer.OrdinalIgnoreCase.Compare(item.Name, marker);
            if (order <= 0)
                behind = position + 1;
            if (order == 0)
                break;
        }

        _next = behind;
    }

    private async ValueTask<ListedItem?> AtAsync(long position, CancellationToken cancellationToken)
    {
        if (position < _first.Count)
            return _first[(int)position];
        if (await _stream.ReadAsync(position - _first.Count, cancellationToken).ConfigureAwait(false) is not { } entry)
            return null;
        if (entry.Directory is { } child)
            return new ListedItem(HashDirectory.NameOf(child.Depth == 1 ? child.FirstByte : child.SecondByte), Descriptions.Of(child));
        AttachmentListing listed = entry.Attachment;
        return listed.Info is { } info
            ? new ListedItem(listed.Id.ToString(), Descriptions.Of(info))
            : await FindAsync(listed.Id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Windows shows the size of whatever it lists: what the listing does not tell is asked for.</summary>
    private async Task<ListedItem?> FindAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        AttachmentNode? found = await tree.FindAsync(id, cancellationToken).ConfigureAwait(false);
        var none = new FileInformation { Attributes = FileAttributes.Normal, IndexNumber = id.ToInodeNumber() };
        return new ListedItem(id.ToString(), found is null ? none : Descriptions.Of(found));
    }
}

/// <summary>An entry of a folder.</summary>
internal sealed record ListedItem(string Name, FileInformation Information);
