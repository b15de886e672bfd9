using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>Where the parts of one sealed object go while it still arrives. Parts may come side by side.</summary>
internal interface IPartSink
{
    /// <summary>Begins, before the first part.</summary>
    Task BeginAsync(CancellationToken cancellationToken);

    /// <summary>Takes one part; its bytes are safe elsewhere when this returns.</summary>
    Task PutAsync(PartPlace place, IUploadSource part, CancellationToken cancellationToken);

    /// <summary>Makes the object of its parts; durable when this returns.</summary>
    Task CompleteAsync(ObjectSummary whole, CancellationToken cancellationToken);

    /// <summary>Sees to it that nothing stays of it; may be called at any time before it is complete.</summary>
    void GiveUp();
}

/// <summary>What one whole object is.</summary>
/// <param name="Id">The attachment.</param>
/// <param name="Key">Its object key.</param>
/// <param name="Header">Its envelope's header, which is empty in a plain object.</param>
/// <param name="Length">Bytes of the object; known at its end.</param>
/// <param name="ContentLength">Bytes of its content; known at its end.</param>
/// <param name="Sha256">Of all its bytes; known at the end of a plain object.</param>
internal sealed record ObjectSummary(
    AttachmentId Id, string Key, byte[] Header, long Length = 0, long ContentLength = 0, byte[]? Sha256 = null)
{
    /// <summary>What tells it from every other object; null for a plain one.</summary>
    public string? Fingerprint => Header.Length == 0 ? null : ObjectHeader.Fingerprint(Header);
}

/// <summary>
/// An upload in parts to the bucket. It is on record on local disk from its beginning to its end, so that one that a crash left is dropped after
/// the next start.
/// </summary>
/// <param name="bucket">Where the parts go.</param>
/// <param name="what">The object.</param>
/// <param name="pending">Where it is on record.</param>
/// <param name="options">Of the object.</param>
/// <param name="check">Tells what became of a request whose answer was lost.</param>
/// <param name="isShared">
/// Somebody else may bring this very object to the bucket in the end: before the object is made here, only the upload may be dropped.
/// </param>
internal sealed class BucketPartSink(
    IBucket bucket, ObjectSummary what, PendingDeletes pending, PutOptions options, OutcomeCheck check, bool isShared = false) : IPartSink
{
    private readonly SortedDictionary<int, UploadedPart> _parts = [];

    /// <summary>What drops the upload, once it was begun: for who brings the object to the bucket in its stead.</summary>
    public PendingDelete? Record { get; private set; }

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        string uploadId = await bucket.BeginUploadAsync(what.Key, options, cancellationToken).ConfigureAwait(false);
        Record = new PendingDelete(what.Id, what.Key, DateTimeOffset.UtcNow, isShared ? null : what.Fingerprint, uploadId, MayStillArrive: true);
        await pending.HoldAsync(Record).ConfigureAwait(false);
    }

    public async Task PutAsync(PartPlace place, IUploadSource part, CancellationToken cancellationToken)
    {
        UploadedPart put = await bucket.PutPartAsync(what.Key, Record!.UploadId!, place, part, cancellationToken).ConfigureAwait(false);
        lock (_parts)
            _parts[place.Number] = put;
    }

    public async Task CompleteAsync(ObjectSummary whole, CancellationToken cancellationToken)
    {
        if (isShared)
            await AnswerForObjectAsync().ConfigureAwait(false);
        try
        {
            await bucket.CompleteUploadAsync(what.Key, Record!.UploadId!, [.. _parts.Values], options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (OutcomeCheck.IsUnclear(e) && !cancellationToken.IsCancellationRequested)
        {
            // The request whose answer was lost may have made this very object.
            if (!await check.IsStoredAsync(e, what.Key, what.Header, whole.Length, () => whole.Sha256!, cancellationToken).ConfigureAwait(false))
                throw;
        }

        // Before anybody is told that it is stored: a record that came back would take the object with it.
        await pending.DropAsync(Record!).ConfigureAwait(false);
    }

    public void GiveUp()
    {
        if (Record is { } record)
            pending.Activate(record);
    }

    /// <summary>From here on the object goes with the upload when this is given up.</summary>
    private async Task AnswerForObjectAsync()
    {
        PendingDelete uploadOnly = Record!;
        PendingDelete withObject = uploadOnly with { OnlyIfHeaderSha256 = what.Fingerprint };
        await pending.HoldAsync(withObject).ConfigureAwait(false);
        Record = withObject;
        await pending.DropAsync(uploadOnly).ConfigureAwait(false);
    }
}

/// <summary>
/// The parts go into the journal. Where that has no room for all of them, those that it took are put into the bucket after all, and the others
/// follow.
/// </summary>
internal sealed class JournalPartSink(UploadJournal journal, Func<IPartSink> through) : IPartSink
{
    private readonly JournalDraft _draft = journal.StartDraft();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private IPartSink? _through;

    /// <summary>The change from one to the other, which is tried once: a second upload in parts would have no record of its own.</summary>
    private Task? _change;

    public Task BeginAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task PutAsync(PartPlace place, IUploadSource part, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_through is null)
            {
                if (_change is null && _draft.TryWrite(place, part))
                    return;
                await (_change ??= GoThroughAsync(cancellationToken)).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }

        await _through!.PutAsync(place, part, cancellationToken).ConfigureAwait(false);
    }

    public async Task CompleteAsync(ObjectSummary whole, CancellationToken cancellationToken)
    {
        if (_through is null)
        {
            if (await _draft.TryCommitAsync(
                whole.Id, whole.Key, whole.ContentLength, whole.Fingerprint!, mayBeSent: false).ConfigureAwait(false))
            {
                return;
            }

            await GoThroughAsync(cancellationToken).ConfigureAwait(false);
        }

        await _through!.CompleteAsync(whole, cancellationToken).ConfigureAwait(false);
    }

    public void GiveUp()
    {
        _draft.Discard();
        _through?.GiveUp();
    }

    private async Task GoThroughAsync(CancellationToken cancellationToken)
    {
        IPartSink sink = through();
        try
        {
            await sink.BeginAsync(cancellationToken).ConfigureAwait(false);
            foreach ((PartPlace place, IUploadSource source) in _draft.Written)
                await sink.PutAsync(place, source, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            sink.GiveUp();
            throw;
        }

        _through = sink;
        _draft.Discard();
    }
}
