using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>The uploads in the background.</summary>
public sealed partial class UploadJournal
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>What only somebody's doing can help is looked at again so often.</summary>
    private static readonly TimeSpan FaultDelay = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly WorkSignal _signal;
    private Task _worker = Task.CompletedTask;
    private int _running;

    /// <summary>More than nothing while the bucket takes nothing: then one object at a time asks whether it does again.</summary>
    private TimeSpan _delay;
    private DateTimeOffset _resumeAt;

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                TimeSpan pause;
                while (TryStartNext(out pause))
                {
                    // One after the other.
                }

                await _signal.WaitAsync(pause, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Task[] running;
            lock (_lock)
                running = [.. _byNumber.Values.Select(entry => entry.Running)];
            await Task.WhenAll(running).ConfigureAwait(false);
        }
    }

    private bool MayChangeWithin(TimeSpan time)
    {
        DateTimeOffset end = _time.GetUtcNow() + time;
        lock (_lock)
            return _running > 0 || (_resumeAt <= end && _byNumber.Values.Any(entry => !entry.IsCancelled && DueOf(entry) <= end));
    }

    /// <summary>An object that the bucket refuses waits by itself only while the bucket takes others.</summary>
    private DateTimeOffset DueOf(Entry entry) => _delay > TimeSpan.Zero && entry.Fault is null && !entry.IsDone ? DateTimeOffset.MinValue : entry.Due;

    /// <summary>
    /// Starts the oldest object whose turn it is; false, and how long until it may be another one's, when there is none. While the bucket takes
    /// nothing it is asked with the one that it refused the longest time ago: it may be a single one that it does not take.
    /// </summary>
    private bool TryStartNext(out TimeSpan pause)
    {
        DateTimeOffset now = _time.GetUtcNow();
        pause = LongestDelay;
        lock (_lock)
        {
            if (_running >= (_delay > TimeSpan.Zero ? 1 : _options.Parallel))
                return false;
            if (_resumeAt > now)
            {
                pause = _resumeAt - now;
                return false;
            }

            if (FindNext(now, ref pause) is not { } next)
                return false;
            next.MayBeSent = true;
            next.Fault = null;
            _running++;
            next.Running = Task.Run(() => RunAsync(next));
            return true;
        }
    }

    private Entry? FindNext(DateTimeOffset now, ref TimeSpan pause)
    {
        Entry? next = null;
        foreach (Entry entry in _byNumber.Values)
        {
            if (entry.IsCancelled || !entry.Running.IsCompleted)
                continue;
            if (DueOf(entry) > now)
                pause = entry.Due - now < pause ? entry.Due - now : pause;
            else if (next is null || entry.RefusedAt < next.RefusedAt)
                next = entry;
            if (next is not null && (_delay == TimeSpan.Zero || next.RefusedAt == DateTimeOffset.MinValue))
                break;
        }

        return next;
    }

    private async Task RunAsync(Entry entry)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, entry.Stop.Token);
        try
        {
            if (entry.IsDone || await UploadAsync(entry, stop.Token).ConfigureAwait(false))
                await EndAsync(entry).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Deleted, or the next start goes on.
        }
        catch (BucketException e)
        {
            BackOff(entry, e.Message);
        }
        catch (Exception e)
        {
            Park(entry, e.Message, FaultDelay);
        }
        finally
        {
            lock (_lock)
                _running--;
            _signal.Set();
        }
    }

    /// <summary>Returns true when the bucket has the very object.</summary>
    /// <exception cref="BucketException">The bucket does not take anything now.</exception>
    private async Task<bool> UploadAsync(Entry entry, CancellationToken cancellationToken)
    {
        PendingUpload upload = entry.Upload;
        if (!ObjectFile.IsIntact(PathOf(upload), upload, out string? damage))
        {
            // Its record may only have come back.
            if (await IsStoredAsync(upload, cancellationToken).ConfigureAwait(false))
                return true;
            Park(entry, $"{damage}; it is lost unless the file is brought back", FaultDelay);
            return false;
        }

        try
        {
            if (await DropUnfinishedAsync(entry, cancellationToken).ConfigureAwait(false))
                return true;
            if (upload.Pieces.Count == 1)
                await PutAsync(upload, cancellationToken).ConfigureAwait(false);
            else
                await PutPiecesAsync(entry, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (BucketException e) when (e.Kind is BucketErrorKind.AlreadyExists)
        {
            // Perhaps by an earlier attempt of ours.
            if (await IsStoredAsync(upload, cancellationToken).ConfigureAwait(false))
                return true;
            Park(entry, "the bucket has another object of that name: delete one of the two", FaultDelay);
            return false;
        }
        catch (BucketException e) when (e.Kind is BucketErrorKind.InvalidRequest)
        {
            Park(entry, e.Message, FaultDelay);
            return false;
        }
    }

    private Task PutAsync(PendingUpload upload, CancellationToken cancellationToken) => _singleAttempts.PutAsync(
        upload.Key, new ObjectFileSource(PathOf(upload), 0, upload.Length), new PutOptions(_options.ConditionalPut), cancellationToken);

    /// <summary>Drops an upload in parts that came to no end, as far as is known; true when it had made the object.</summary>
    private async Task<bool> DropUnfinishedAsync(Entry entry, CancellationToken cancellationToken)
    {
        if (entry.Unfinished is not { } unfinished)
            return false;
        bool isStored = await IsStoredAsync(entry.Upload, cancellationToken).ConfigureAwait(false);
        await _bucket.AbortUploadAsync(entry.Upload.Key, unfinished.UploadId!, cancellationToken).ConfigureAwait(false);
        await _deletes.DropAsync(unfinished).ConfigureAwait(false);
        entry.Unfinished = null;
        return isStored;
    }

    private async Task PutPiecesAsync(Entry entry, CancellationToken cancellationToken)
    {
        PendingUpload upload = entry.Upload;
        var options = new PutOptions(_options.ConditionalPut);
        string uploadId = await _bucket.BeginUploadAsync(upload.Key, options, cancellationToken).ConfigureAwait(false);
        var record = new PendingDelete(upload.Id, upload.Key, DateTimeOffset.UtcNow, OnlyIfHeaderSha256: null, uploadId, MayStillArrive: true);
        entry.Unfinished = record;
        await _deletes.HoldAsync(record).ConfigureAwait(false);
        UploadedPart[] parts = await PutAllAsync(upload, uploadId, cancellationToken).ConfigureAwait(false);
        await _bucket.CompleteUploadAsync(upload.Key, uploadId, parts, options, cancellationToken).ConfigureAwait(false);
        await _deletes.DropAsync(record).ConfigureAwait(false);
        entry.Unfinished = null;
    }

    private async Task<UploadedPart[]> PutAllAsync(PendingUpload upload, string uploadId, CancellationToken cancellationToken)
    {
        var parts = new UploadedPart[upload.Pieces.Count];
        long[] offsets = new long[parts.Length];
        for (int i = 1; i < offsets.Length; i++)
            offsets[i] = offsets[i - 1] + upload.Pieces[i - 1].Length;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = _bucket.PartLimits.InOrder ? 1 : _options.PiecesInParallel,
            CancellationToken = cancellationToken,
        };

        async ValueTask PutOneAsync(int index, CancellationToken token)
        {
            var place = new PartPlace(index + 1, offsets[index], IsLast: index == parts.Length - 1);
            var source = new ObjectFileSource(PathOf(upload), offsets[index], upload.Pieces[index].Length);
            parts[index] = await _bucket.PutPartAsync(upload.Key, uploadId, place, source, token).ConfigureAwait(false);
        }

        // The last one is put when all others are there: a provider may make the object visible with it.
        await Parallel.ForAsync(0, parts.Length - 1, options, PutOneAsync).ConfigureAwait(false);
        await PutOneAsync(parts.Length - 1, cancellationToken).ConfigureAwait(false);
        return parts;
    }

    private async Task<bool> IsStoredAsync(PendingUpload upload, CancellationToken cancellationToken) => await ObjectHeader
        .HasOneOfAsync([upload.HeaderSha256], _bucket, upload.Key, _headerLength, cancellationToken).ConfigureAwait(false) is true;

    /// <summary>The bucket has it.</summary>
    private async Task EndAsync(Entry entry)
    {
        bool wasAway = false;
        lock (_lock)
        {
            if (!entry.IsDone)
                (wasAway, _delay) = (_delay > TimeSpan.Zero, TimeSpan.Zero);
            if (!entry.IsCancelled)
            {
                entry.IsDone = true;
                Hide(entry);
            }
        }

        if (wasAway)
            LogBack(Counters.Uploads);
        if (entry.IsCancelled)
            return; // and what was stored goes again
        try
        {
            await ForgetAsync(entry).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            ForgetLater(entry, e.Message);
        }
    }

    private void BackOff(Entry entry, string reason)
    {
        int waiting;
        TimeSpan delay;
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            (_delay, entry.Delay) = (After(_delay), After(entry.Delay));
            _resumeAt = now + _delay;
            (entry.RefusedAt, entry.Due) = (now, now + entry.Delay);
            (waiting, delay) = (_byNumber.Count, _delay);
        }

        LogWaiting(waiting, delay, reason);
    }

    private static TimeSpan After(TimeSpan delay)
    {
        TimeSpan next = delay == TimeSpan.Zero ? FirstDelay : delay * 2;
        return next < LongestDelay ? next : LongestDelay;
    }

    private void Park(Entry entry, string fault, TimeSpan delay)
    {
        LogStuck(entry.Upload.Id, entry.Upload.Key, fault);
        lock (_lock)
        {
            entry.Fault = fault;
            entry.Due = _time.GetUtcNow() + delay;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bucket takes no uploads, {Count} wait in the journal; next try in {Delay}: {Reason}")]
    private partial void LogWaiting(int count, TimeSpan delay, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The bucket takes uploads again; {Count} are in the journal")]
    private partial void LogBack(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Attachment {Attachment} was acknowledged and cannot be uploaded to {Key}: {Fault}")]
    private partial void LogStuck(AttachmentId attachment, string key, string fault);
}
