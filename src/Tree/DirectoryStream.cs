using System.Text;
using OrthancCloudFs.Attachments;

namespace OrthancCloudFs.Tree;

/// <summary>One entry of a folder: a sub-folder, or an attachment with what the listing told of it.</summary>
public readonly record struct DirectoryEntry(HashDirectory? Directory, AttachmentListing Attachment)
{
    /// <summary>Writes the entry's name as UTF-8 and returns how many bytes it has.</summary>
    public int FormatName(Span<byte> utf8)
    {
        if (Directory is { } directory)
            return Encoding.ASCII.GetBytes(HashDirectory.NameOf(directory.Depth == 1 ? directory.FirstByte : directory.SecondByte), utf8);
        Attachment.Id.Format(utf8);
        return AttachmentId.TextLength;
    }
}

/// <summary>
/// Reads a folder entry by entry, a page of the bucket's listing at a time, and goes back as far as a kernel's reader may. Positions count
/// entries from 0. Not safe for concurrent use.
/// </summary>
public sealed class DirectoryStream : IAsyncDisposable
{
    /// <summary>Entries kept behind the reader; going back further begins a new listing.</summary>
    private const int WindowLength = 4096;

    private readonly AttachmentStore _store;
    private readonly HashDirectory _directory;
    private readonly DirectoryKnowledge _knowledge;
    private readonly List<DirectoryEntry> _window = [];
    private IAsyncEnumerator<DirectoryEntry>? _listing;
    private CancellationTokenSource? _giveUp;
    private long _windowStart;
    private bool _atEnd;

    internal DirectoryStream(AttachmentStore store, HashDirectory directory, DirectoryKnowledge knowledge) =>
        (_store, _directory, _knowledge) = (store, directory, knowledge);

    /// <summary>The entry at a position; null behind the last one.</summary>
    public async ValueTask<DirectoryEntry?> ReadAsync(long position, CancellationToken cancellationToken)
    {
        if (position < _windowStart)
            await RewindAsync().ConfigureAwait(false);
        while (position >= _windowStart + _window.Count)
        {
            if (_atEnd || !await MoveNextAsync(cancellationToken).ConfigureAwait(false))
                return null;
        }

        return _window[(int)(position - _windowStart)];
    }

    /// <summary>Forgets what was read: the next read begins a new listing.</summary>
    public async ValueTask RewindAsync()
    {
        await DisposeAsync().ConfigureAwait(false);
        (_listing, _giveUp, _windowStart, _atEnd) = (null, null, 0, false);
        _window.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_listing is { } listing)
            await listing.DisposeAsync().ConfigureAwait(false);
        _giveUp?.Dispose();
    }

    private async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        bool more;
        try
        {
            if (_listing is null)
            {
                _giveUp = new CancellationTokenSource();
                _listing = List(_giveUp.Token).GetAsyncEnumerator(CancellationToken.None);
            }

            // The listing outlives the reader who asks for its next entry; whoever gives up ends it, and the next read begins a new one.
            using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _giveUp);
            more = await _listing.MoveNextAsync().ConfigureAwait(false);
        }
        catch
        {
            // An iterator that threw is finished.
            await RewindAsync().ConfigureAwait(false);
            throw;
        }

        if (!more)
        {
            _atEnd = true;
            // What is being written is not shown, but the folder is not empty.
            _knowledge.Listed(_directory, _windowStart + _window.Count + _store.CountWritersIn(_directory));
            return false;
        }

        if (_window.Count == WindowLength)
        {
            _window.RemoveRange(0, WindowLength / 2);
            _windowStart += WindowLength / 2;
        }

        _window.Add(_listing!.Current);
        return true;
    }

    private async IAsyncEnumerable<DirectoryEntry> List(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_directory.Depth < 2)
        {
            await foreach (byte child in _store.ListDirectoriesAsync(_directory, cancellationToken).ConfigureAwait(false))
                yield return new DirectoryEntry(_directory.Child(child), default);
            yield break;
        }

        await foreach (AttachmentListing listing in _store.ListAttachmentsAsync(_directory, cancellationToken).ConfigureAwait(false))
            yield return new DirectoryEntry(null, listing);
    }
}
