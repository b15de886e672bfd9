using System.Runtime.ExceptionServices;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// An upload in parts for a file whose closing may be the last that is heard of it, and carries no error: each part is also written to the local
/// disk. Who asks for durability is answered by the bucket, as ever; a file that was only closed goes to the journal of uploads, whatever has
/// become of the upload. Where the journal has no room, the bucket is all there is.
/// </summary>
/// <param name="bucket">The upload; it is shared.</param>
/// <param name="journal">Where a file goes that was only closed.</param>
/// <param name="isClosed">Whether it was, asked at the end.</param>
internal sealed class GuardedPartSink(BucketPartSink bucket, UploadJournal journal, Func<bool> isClosed) : IPartSink
{
    private readonly Lock _lock = new();
    private readonly JournalDraft _draft = journal.StartDraft();

    /// <summary>False once a part did not get into the draft.</summary>
    private bool _isDrafted = true;

    /// <summary>What ended the upload early; it matters only to who asks for durability.</summary>
    private ExceptionDispatchInfo? _failure;

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            await bucket.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    public async Task PutAsync(PartPlace place, IUploadSource part, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isDrafted && !_draft.TryWrite(place, part))
                ForgetDraft();
            if (_failure is { } failure)
            {
                if (!_isDrafted)
                    failure.Throw();
                return;
            }
        }

        try
        {
            await bucket.PutAsync(place, part, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            lock (_lock)
            {
                _failure ??= ExceptionDispatchInfo.Capture(e);
                if (!_isDrafted)
                    throw;
            }
        }
    }

    public async Task CompleteAsync(ObjectSummary whole, CancellationToken cancellationToken)
    {
        if (isClosed() && _isDrafted && await _draft.TryCommitAsync(
            whole.Id, whole.Key, whole.ContentLength, whole.Fingerprint!, mayBeSent: false, bucket.Record).ConfigureAwait(false))
        {
            return; // the journal drops the upload before it begins its own: on Azure it could not tell one's parts from the other's
        }

        _failure?.Throw();
        await bucket.CompleteAsync(whole, cancellationToken).ConfigureAwait(false);
        ForgetDraft();
    }

    public void GiveUp()
    {
        ForgetDraft();
        bucket.GiveUp();
    }

    private void ForgetDraft()
    {
        _isDrafted = false;
        _draft.Discard();
    }
}
