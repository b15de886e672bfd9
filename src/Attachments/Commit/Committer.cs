using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// Turns staged content into one object of the bucket: names it by its content, seals it in place, puts it, and resolves what an unclear
/// answer may have left.
/// </summary>
internal sealed partial class Committer(
    IBucket bucket,
    KeyLayout layout,
    ObjectForm form,
    ContentCache cache,
    InputGate inputs,
    PendingDeletes pendingDeletes,
    UploadJournal? journal,
    NameList? names,
    PartPlan? plan,
    AttachmentStoreOptions options,
    ILogger logger)
{
    private readonly ConcurrentDictionary<StreamedUpload, AttachmentId> _uploads = new();
    private readonly PutOptions _options = new(IfAbsent: options.ConditionalPut);
    private readonly OutcomeCheck _check = new(bucket, options.OutcomePatience);

    /// <summary>Begins to send an attachment that outgrows its writer's share, under a name that its first bytes decide.</summary>
    public StreamedUpload StartUpload(AttachmentWriter writer)
    {
        Span<byte> start = stackalloc byte[ContentRecognition.PrefixLength];
        start = start[..writer.Read(0, start)];
        string key = layout.KeyFor(writer.Id, ContentRecognition.RecognizeStart(start));
        start.Clear();

        void Fail(Exception e)
        {
            AttachmentException failure = Describe(key, e, writer.Aborted);
            writer.Fail(failure);
            if (ReferenceEquals(writer.Failure, failure))
                LogFailed(writer.Id, key, failure.Error, failure.Message);
        }

        IPartSink SinkOf(ObjectSummary what)
        {
            BucketPartSink Through(bool isShared = false) => new(bucket, what, pendingDeletes, _options, _check, isShared);
            if (IsForJournal(what.Id))
                return new JournalPartSink(journal!, () => Through());
            return options.MayCloseUnheard && journal is not null && what.Fingerprint is not null
                ? new GuardedPartSink(Through(isShared: true), journal, () => writer.IsAbandoned)
                : Through();
        }

        var upload = new StreamedUpload(writer, SinkOf, key, form.Envelope, plan!, Fail);
        _uploads.TryAdd(upload, writer.Id);
        _ = RemoveWhenStoppedAsync(upload);
        return upload;
    }

    /// <summary>Returns when no upload uses staging memory any more.</summary>
    public async Task StopAsync()
    {
        foreach (StreamedUpload upload in _uploads.Keys)
            await upload.StoppedAsync().ConfigureAwait(false);
    }

    /// <summary>Commits a writer's content and leaves it in the cache; on failure nothing stays in the bucket, now or later.</summary>
    public async Task<AttachmentInfo> CommitAsync(AttachmentWriter writer, CancellationToken cancellationToken)
    {
        if (writer.Upload is { } upload)
            return await CommitAsync(writer, upload, cancellationToken).ConfigureAwait(false);
        StagedContent content = writer.Content;
        (SealedObject sealedObject, ContentKind kind) = await SealAsync(content, cancellationToken).ConfigureAwait(false);
        string key = layout.KeyFor(writer.Id, kind);
        try
        {
            if (!await TryJournalAsync(writer, key, sealedObject, mayBeSent: false).ConfigureAwait(false))
                await PutOrJournalAsync(writer, key, sealedObject, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            AttachmentException failure = Describe(key, e, cancellationToken);
            LogFailed(writer.Id, key, failure.Error, failure.Message);
            if (OutcomeCheck.IsUnclear(e))
            {
                var unwanted = new PendingDelete(writer.Id, key, DateTimeOffset.UtcNow, Fingerprint(sealedObject), MayStillArrive: true);
                await pendingDeletes.AddOrKeepInMemoryAsync(unwanted).ConfigureAwait(false);
            }

            throw failure;
        }

        AttachmentInfo info = Committed(writer.Id, key, content.Length);
        cache.Add(new WholeContent(info, content, writer.TakeReservation(), sealedObject, form.Envelope), pins: 0);
        return info;
    }

    private static string? Fingerprint(SealedObject stored) => stored.Header.IsEmpty ? null : ObjectHeader.Fingerprint(stored.Header);

    private static AttachmentException Describe(string key, Exception e, CancellationToken aborted) => e switch
    {
        AttachmentException own => own,
        BucketException failure => AttachmentException.From(failure),
        OperationCanceledException when aborted.IsCancellationRequested =>
            new AttachmentException(AttachmentError.Incomplete, $"{key}: given up by its writer", e),
        _ => new AttachmentException(AttachmentError.BucketFailure, $"{key}: {e.Message}", e),
    };

    private async Task<AttachmentInfo> CommitAsync(AttachmentWriter writer, StreamedUpload upload, CancellationToken cancellationToken)
    {
        long length = writer.Length;
        try
        {
            await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return Committed(writer.Id, upload.Key, length);
        }
        catch (Exception e)
        {
            AttachmentException failure = Describe(upload.Key, e, cancellationToken);
            LogFailed(writer.Id, upload.Key, failure.Error, failure.Message);
            throw failure;
        }
    }

    private AttachmentInfo Committed(AttachmentId id, string key, long length)
    {
        bool? encryptedByName = layout.TryParse(key, out AttachmentKey parsed) ? parsed.Encrypted : null;
        return new AttachmentInfo(id, key, length, DateTimeOffset.UtcNow, encryptedByName ?? form.Encrypts);
    }

    private async Task RemoveWhenStoppedAsync(StreamedUpload upload)
    {
        await upload.StoppedAsync().ConfigureAwait(false);
        _uploads.TryRemove(upload, out _);
    }

    private async Task<(SealedObject Sealed, ContentKind Kind)> SealAsync(StagedContent content, CancellationToken cancellationToken)
    {
        using IDisposable turn = await inputs.EnterAsync(content.Length, cancellationToken).ConfigureAwait(false);
        SealedObject sealedObject = Seal(content, out ContentKind kind);
        return (sealedObject, kind);
    }

    private SealedObject Seal(StagedContent content, out ContentKind kind)
    {
        List<Memory<byte>> segments = content.GetSegments();
        using (var plain = new SegmentStream(segments.ConvertAll(static segment => (ReadOnlyMemory<byte>)segment)))
            kind = ContentRecognition.Recognize(plain);
        byte[] header = new byte[form.Envelope.HeaderLength];
        byte[] trailer = new byte[form.Envelope.TrailerLength];
        form.Envelope.Seal(segments, header, trailer);
        return new SealedObject(header, content, trailer);
    }

    /// <summary>
    /// False also for a name that the bucket may have already: only the bucket can accept or refuse it. What the journal acknowledged could
    /// otherwise never be uploaded.
    /// </summary>
    private bool IsForJournal(AttachmentId id) => journal is { Accepts: true } && names?.Includes(id) != true;

    /// <summary>Puts an object into the journal, if there is one that takes it.</summary>
    private async Task<bool> TryJournalAsync(AttachmentWriter writer, string key, SealedObject stored, bool mayBeSent)
    {
        bool isLastResort = writer.IsAbandoned && journal is not null && !stored.Header.IsEmpty;
        if (!isLastResort && !IsForJournal(writer.Id))
            return false;
        JournalDraft draft = journal!.StartDraft();
        try
        {
            return draft.TryWrite(new PartPlace(1, 0, IsLast: true), stored)
                && await draft.TryCommitAsync(
                    writer.Id, key, stored.Content.Length, ObjectHeader.Fingerprint(stored.Header), mayBeSent).ConfigureAwait(false);
        }
        finally
        {
            draft.Discard();
        }
    }

    /// <summary>Without room in the journal, the bucket must take it; while it does not, room may be made.</summary>
    private async Task PutOrJournalAsync(AttachmentWriter writer, string key, SealedObject stored, CancellationToken cancellationToken)
    {
        try
        {
            await PutAsync(key, stored, cancellationToken).ConfigureAwait(false);
        }
        catch (BucketException e) when (e.IsTransient)
        {
            // The journal also finds out whether the bucket took it after all.
            if (!await TryJournalAsync(writer, key, stored, mayBeSent: true).ConfigureAwait(false))
                throw;
        }
    }

    private async Task PutAsync(string key, SealedObject stored, CancellationToken cancellationToken)
    {
        try
        {
            await bucket.PutAsync(key, stored, _options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (OutcomeCheck.IsUnclear(e) && !cancellationToken.IsCancellationRequested)
        {
            // The request whose answer was lost may have stored this very object. One that was given up by its writer nobody wants.
            if (await _check.IsStoredAsync(e, key, stored.Header.ToArray(), stored.Length, () => HashOf(stored), cancellationToken).ConfigureAwait(false))
                LogFound(key, e.Message);
            else if (e is BucketException { Kind: BucketErrorKind.AlreadyExists })
                throw Exists(key, e);
            else
                throw;
        }
        catch (BucketException e) when (e is { Kind: BucketErrorKind.AlreadyExists, AfterRetry: false })
        {
            throw Exists(key, e);
        }
    }

    private static AttachmentException Exists(string key, Exception e) =>
        new(AttachmentError.Exists, $"{key}: the bucket has an object of that name already", e);

    private static byte[] HashOf(SealedObject stored)
    {
        using Stream bytes = stored.OpenRead();
        return SHA256.HashData(bytes);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot store attachment {Attachment} as {Key}: {Error}: {Reason}")]
    private partial void LogFailed(AttachmentId attachment, string key, AttachmentError error, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is stored, although its last request ended without an answer: {Reason}")]
    private partial void LogFound(string key, string reason);
}
