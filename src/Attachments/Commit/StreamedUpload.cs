using System.Security.Cryptography;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// An attachment that is sealed and uploaded in parts while it still arrives, so that its size does not matter to the staging memory.
/// Nothing is to be seen of it before <see cref="CompleteAsync"/>. The upload is on record on local disk from its beginning to its end, so
/// that one that a crash left is dropped after the next start.
/// </summary>
internal sealed class StreamedUpload
{
    private readonly AttachmentWriter _writer;
    private readonly IBucket _bucket;
    private readonly IEnvelope _envelope;
    private readonly PartPlan _plan;
    private readonly PendingDeletes _pending;
    private readonly PutOptions _options;
    private readonly OutcomeCheck _check;
    private readonly Action<Exception> _failed;
    private readonly byte[] _header;

    /// <summary>Of all that was sent, where no header tells the object from others.</summary>
    private readonly IncrementalHash? _hash;
    private readonly List<Task<UploadedPart>> _parts = [];
    private readonly Task _run;
    private long _offset;
    private int _started;
    private int _partsUnderWay;
    private PendingDelete? _record;

    /// <param name="writer">Where the content comes from, and to whom the memory goes back.</param>
    /// <param name="bucket">Where it goes.</param>
    /// <param name="key">The object.</param>
    /// <param name="envelope">What it is sealed in.</param>
    /// <param name="plan">How it is cut.</param>
    /// <param name="pending">Keeps the record.</param>
    /// <param name="options">How the object is stored.</param>
    /// <param name="check">Resolves how an unclear completion ended.</param>
    /// <param name="failed">Told once or more what ended it early.</param>
    public StreamedUpload(
        AttachmentWriter writer,
        IBucket bucket,
        string key,
        IEnvelope envelope,
        PartPlan plan,
        PendingDeletes pending,
        PutOptions options,
        OutcomeCheck check,
        Action<Exception> failed)
    {
        (_writer, _bucket, Key, _envelope, _plan, _pending) = (writer, bucket, key, envelope, plan, pending);
        (_options, _check, _failed) = (options, check, failed);
        _header = new byte[envelope.HeaderLength];
        if (_header.Length == 0)
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _run = Task.Run(RunAsync);
    }

    /// <summary>The object.</summary>
    public string Key { get; }

    /// <summary>The number of the part that is being filled.</summary>
    public int NextPart => Volatile.Read(ref _started) + 1;

    /// <summary>Parts on their way now.</summary>
    public int PartsUnderWay => Volatile.Read(ref _partsUnderWay);

    /// <summary>Ends, never with an exception, when no part uses staging memory any more.</summary>
    public async Task StoppedAsync() => await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Makes the object; to be called when the writer has everything and gives no more.</summary>
    /// <exception cref="BucketException">It was not stored, or that is not known; then the record goes on to see to it that it is not.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _run.ConfigureAwait(false);
        try
        {
            UploadedPart[] parts = await Task.WhenAll(_parts).ConfigureAwait(false);
            await CompleteOnceAsync(parts, cancellationToken).ConfigureAwait(false);

            // Before anybody is told that it is stored: a record that came back would take the object with it.
            await _pending.DropAsync(_record!).ConfigureAwait(false);
        }
        catch
        {
            GiveUp();
            throw;
        }
    }

    private async Task CompleteOnceAsync(UploadedPart[] parts, CancellationToken cancellationToken)
    {
        try
        {
            await _bucket.CompleteUploadAsync(Key, _record!.UploadId!, parts, _options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (OutcomeCheck.IsUnclear(e) && !cancellationToken.IsCancellationRequested)
        {
            // The request whose answer was lost may have made this very object.
            if (!await _check.IsStoredAsync(e, Key, _header, _offset, () => _hash!.GetCurrentHash(), cancellationToken).ConfigureAwait(false))
                throw;
        }
    }

    private async Task RunAsync()
    {
        var backlog = new SealedBacklog();
        try
        {
            using ISealing sealing = _envelope.StartSealing(_header);
            await BeginAsync().ConfigureAwait(false);
            await PutAllAsync(sealing, backlog).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failed(e);
            _writer.ReturnPages(backlog.Take(backlog.Length).Pages);
            GiveUp();
            _writer.UploadFailed();
            throw;
        }
    }

    private async Task BeginAsync()
    {
        string uploadId = await _bucket.BeginUploadAsync(Key, _options, _writer.Aborted).ConfigureAwait(false);
        string? fingerprint = _header.Length == 0 ? null : Committer.Fingerprint(_header);
        _record = new PendingDelete(_writer.Id, Key, DateTimeOffset.UtcNow, fingerprint, uploadId, MayStillArrive: true);
        await _pending.HoldAsync(_record).ConfigureAwait(false);
    }

    private async Task PutAllAsync(ISealing sealing, SealedBacklog backlog)
    {
        using var slots = new SemaphoreSlim(_plan.Parallel);
        try
        {
            backlog.Add(_header);
            while (await _writer.NextPageAsync().ConfigureAwait(false) is var (page, length))
            {
                Memory<byte> content = page.Memory[..length];
                backlog.Add(content, page);
                sealing.Seal(content.Span);
                _hash?.AppendData(content.Span);

                // One page more than a part: so the last part, which comes after all pages, is never empty.
                long wanted = _plan.BytesOf(_parts.Count + 1);
                if (backlog.Length >= wanted + StagingMemory.PageSize)
                    await StartPartAsync(backlog, _plan.EndsAnywhere ? backlog.Length - backlog.LastLength : wanted, slots).ConfigureAwait(false);
            }

            byte[] trailer = new byte[_envelope.TrailerLength];
            sealing.Finish(trailer);
            backlog.Add(trailer);
            await StartPartAsync(backlog, backlog.Length, slots).ConfigureAwait(false);
            await Task.WhenAll(_parts).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failed(e);
            throw;
        }
        finally
        {
            foreach (Task part in _parts)
                await part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StartPartAsync(SealedBacklog backlog, long length, SemaphoreSlim slots)
    {
        await slots.WaitAsync(_writer.Aborted).ConfigureAwait(false);
        var place = new PartPlace(_parts.Count + 1, _offset, IsLast: length == backlog.Length);
        SealedPart part = backlog.Take(length);
        Interlocked.Increment(ref _partsUnderWay);
        Interlocked.Increment(ref _started);
        _offset += length;
        _parts.Add(Task.Run(() => PutPartAsync(place, part, slots)));
    }

    private async Task<UploadedPart> PutPartAsync(PartPlace place, SealedPart part, SemaphoreSlim slots)
    {
        try
        {
            return await _bucket.PutPartAsync(Key, _record!.UploadId!, place, part, _writer.Aborted).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failed(e);
            throw;
        }
        finally
        {
            // In this order: who sees that no part is under way finds the room that they made.
            _writer.ReturnPages(part.Pages);
            Interlocked.Decrement(ref _partsUnderWay);
            slots.Release();
        }
    }

    /// <summary>What lies in the bucket of it, and what may still arrive there, is removed from now on.</summary>
    private void GiveUp()
    {
        if (_record is { } record)
            _pending.Activate(record);
    }
}
