using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>Deleting, and what is hidden because of it.</summary>
public sealed partial class AttachmentStore
{
    /// <summary>
    /// Deletes a committed attachment. Returns when that is durably remembered; nobody finds it any more, and the bucket is asked in the
    /// background until it has confirmed it.
    /// </summary>
    /// <exception cref="AttachmentException">
    /// <see cref="AttachmentError.BucketFailure"/>: it could be neither deleted nor remembered; <see cref="AttachmentError.Busy"/>: an upload of
    /// that name that ended without a clear answer is not resolved yet.
    /// </exception>
    public Task DeleteAsync(AttachmentInfo info, CancellationToken cancellationToken) =>
        DeleteAsync(new PendingDelete(info.Id, info.Key, DateTimeOffset.UtcNow, OnlyIfHeaderSha256: null), cancellationToken);

    /// <summary>The same for an attachment of which the bucket did not say whether it exists: it does not any more.</summary>
    /// <inheritdoc cref="DeleteAsync(AttachmentInfo, CancellationToken)"/>
    public Task DeleteUnseenAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        string? prefix = _layout.SearchPrefix(id);
        return DeleteAsync(
            new PendingDelete(id, _layout.UsualKey(id), DateTimeOffset.UtcNow, OnlyIfHeaderSha256: null, SearchPrefix: prefix), cancellationToken);
    }

    private async Task DeleteAsync(PendingDelete delete, CancellationToken cancellationToken)
    {
        if (_pendingDeletes.HiddenOf(delete.Id) is { OnlyWithHeader: not null })
            throw Busy(delete.Id); // one record for each key: what an upload may have left must be seen to first
        lock (_lock)
            _deleting[delete.Id] = _deleting.GetValueOrDefault(delete.Id) + 1;
        try
        {
            _fetcher.Forget(delete.Id);
            await RememberOrDeleteAsync(delete, cancellationToken).ConfigureAwait(false);

            // Whoever passed the check before this delete began may have started a download since.
            _fetcher.Forget(delete.Id);
            Interlocked.Increment(ref _deletes);
        }
        finally
        {
            lock (_lock)
            {
                if (--_deleting[delete.Id] == 0)
                    _deleting.Remove(delete.Id);
            }
        }
    }

    /// <summary>True from the moment when a delete is asked for until the bucket has confirmed it.</summary>
    private bool IsDeleted(AttachmentId id)
    {
        lock (_lock)
            return _deleting.ContainsKey(id) || _pendingDeletes.Hides(id);
    }

    /// <summary>The same, unless only what an upload without a clear answer may have left is to be deleted.</summary>
    private bool IsGone(AttachmentId id)
    {
        lock (_lock)
            return _deleting.ContainsKey(id) || _pendingDeletes.HiddenOf(id) is { OnlyWithHeader: null };
    }

    private async Task RememberOrDeleteAsync(PendingDelete delete, CancellationToken cancellationToken)
    {
        bool isInJournal = _journal?.Find(delete.Id) is not null;
        try
        {
            if (isInJournal && await _journal!.TryDeleteAsync(delete.Id).ConfigureAwait(false))
                _names?.Remove(delete.Id);
            else
                await _pendingDeletes.AddAsync(delete).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            LogNotRemembered(delete.Id, delete.Key, e.Message);

            // The bucket's word says nothing of what the journal would still bring there, or of a key that nobody knows.
            if (isInJournal || delete.SearchPrefix is not null)
                throw new AttachmentException(AttachmentError.BucketFailure, $"{delete.Key}: the delete cannot be remembered: {e.Message}", e);
            await DeleteAtOnceAsync(delete, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Where nothing can be remembered, only the bucket's own word will do.</summary>
    private async Task DeleteAtOnceAsync(PendingDelete delete, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.DeletePatience);
        try
        {
            await _bucket.DeleteAsync(delete.Key, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BucketException or OperationCanceledException)
        {
            string reason = e is BucketException ? e.Message : $"no answer within {_options.DeletePatience.TotalSeconds:0} s";
            throw new AttachmentException(AttachmentError.BucketFailure, $"{delete.Key}: the delete can be neither remembered nor done: {reason}", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The delete of attachment {Attachment} at {Key} cannot be remembered: {Reason}")]
    private partial void LogNotRemembered(AttachmentId attachment, string key, string reason);
}
