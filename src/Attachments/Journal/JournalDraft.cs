using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>
/// A sealed object on its way into the journal, written piece by piece at any place. Nothing of it counts before <see cref="TryCommitAsync"/>;
/// what is not committed is gone with <see cref="Discard"/>. One caller at a time.
/// </summary>
internal sealed class JournalDraft
{
    private readonly UploadJournal _journal;
    private readonly SortedDictionary<int, (PartPlace Place, ObjectPiece Piece)> _pieces = [];
    private readonly string _path;
    private readonly long _number;
    private FileStream? _file;
    private long _reserved;

    internal JournalDraft(UploadJournal journal, string path, long number) => (_journal, _path, _number) = (journal, path, number);

    /// <summary>What was written so far, in order, for who has to bring it elsewhere.</summary>
    public IEnumerable<(PartPlace Place, IUploadSource Source)> Written => _pieces.Values.Select(
        written => (written.Place, (IUploadSource)new ObjectFileSource(_path, written.Place.Offset, written.Piece.Length)));

    /// <summary>Writes one piece; false when there is no room for it, or the disk refuses.</summary>
    public bool TryWrite(PartPlace place, IUploadSource piece)
    {
        if (!_journal.TryReserve(piece.Length))
            return false;
        _reserved += piece.Length;
        try
        {
            _file ??= ObjectFile.Create(_path);
            _pieces[place.Number] = (place, ObjectFile.Write(_file, place.Offset, piece));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _journal.LogRefused(e.Message);
            return false;
        }
    }

    /// <summary>
    /// Puts the object into the journal: durable, and on its way to the bucket, when this returns true. False when the disk refuses; it is a
    /// draft still then.
    /// </summary>
    /// <param name="id">The attachment.</param>
    /// <param name="key">Its object key.</param>
    /// <param name="contentLength">Bytes of its content.</param>
    /// <param name="headerSha256">As <see cref="PendingUpload.HeaderSha256"/>.</param>
    /// <param name="mayBeSent">A request that stores this very object was begun, and its outcome is not known.</param>
    /// <param name="unfinished">An upload in parts of this very object, on record, that is dropped before the object's own.</param>
    /// <exception cref="AttachmentException"><see cref="AttachmentError.Exists"/>.</exception>
    public async Task<bool> TryCommitAsync(
        AttachmentId id, string key, long contentLength, string headerSha256, bool mayBeSent, PendingDelete? unfinished = null)
    {
        var upload = new PendingUpload(
            id, key, _number, contentLength, DateTimeOffset.UtcNow, headerSha256, [.. _pieces.Values.Select(written => written.Piece)]);
        try
        {
            await _journal.AddAsync(upload, _file!, mayBeSent, unfinished).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _journal.LogRefused(e.Message);
            return false;
        }

        _reserved = 0; // the journal's own now
        await _file!.DisposeAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>Forgets what was not committed.</summary>
    public void Discard()
    {
        if (_reserved == 0)
            return;
        _file?.Dispose();
        ObjectFile.TryDelete(_path);
        _journal.Release(_reserved);
        _reserved = 0;
    }
}
