using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>What goes on in the background. What is due at the same moment is one request, where the provider has one for that.</summary>
public sealed partial class PendingDeletes
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    /// <summary>How long after a lost answer a gateway may still be storing the object of that request.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    /// <summary>A delete that took longer is told of when it is done.</summary>
    private static readonly TimeSpan Notable = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(60);

    private async Task WorkAsync()
    {
        var ready = new Queue<Entry>();
        try
        {
            while (true)
            {
                TimeSpan pause = ready.Count == 0 ? TakeDue(ready) : TimeSpan.Zero;
                if (ready.Count == 0)
                {
                    await _signal.WaitAsync(pause, _stop.Token).ConfigureAwait(false);
                    continue;
                }

                await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
                _ = TryInBackgroundAsync(NextOf(ready));
            }
        }
        catch (OperationCanceledException)
        {
            // What is under way ends by the same token.
            for (int slot = 0; slot < MostAtOnce; slot++)
                await _slots.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes what is due and not under way yet, and tells how long until something else may be.</summary>
    private TimeSpan TakeDue(Queue<Entry> ready)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var others = new List<Entry>();
        TimeSpan pause = LongestDelay;
        lock (_lock)
        {
            foreach (Entry entry in _byName.Values)
            {
                if (_underWay.Contains(entry.Delete.Name))
                    continue;
                if (entry.Due > now)
                    pause = entry.Due - now < pause ? entry.Due - now : pause;
                else if (IsPlain(entry))
                    ready.Enqueue(entry);
                else
                    others.Add(entry);
            }

            foreach (Entry entry in others)
                ready.Enqueue(entry);
            foreach (Entry entry in ready)
                _underWay.Add(entry.Delete.Name);
        }

        return pause;
    }

    /// <summary>The next one, and those after it that can go with it in one request.</summary>
    private List<Entry> NextOf(Queue<Entry> ready)
    {
        var group = new List<Entry> { ready.Dequeue() };
        if (!IsPlain(group[0]))
            return group;
        while (group.Count < _bucket.MaxKeysPerDelete && ready.TryPeek(out Entry? next) && IsPlain(next))
            group.Add(ready.Dequeue());
        return group;
    }

    /// <summary>True when nothing but the object is to be deleted, whatever it is.</summary>
    private static bool IsPlain(Entry entry) =>
        entry is { Alone: false, Delete: { OnlyIfHeaderSha256: null, UploadId: null, SearchPrefix: null } };

    private async Task TryInBackgroundAsync(List<Entry> group)
    {
        await Task.Yield();
        if (group.Count > 1)
            await TryAsync(group).ConfigureAwait(false);
        else
            await TryAsync(group[0]).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (Entry entry in group)
                _underWay.Remove(entry.Delete.Name);
        }

        _signal.Set(); // another delete of this key may have been asked for meanwhile
        _slots.Release();
    }

    private async Task TryAsync(Entry entry)
    {
        PendingDelete delete = entry.Delete;
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        attempt.CancelAfter(AttemptTimeout);
        try
        {
            if (delete.UploadId is { } uploadId)
                await _bucket.AbortUploadAsync(delete.Key, uploadId, attempt.Token).ConfigureAwait(false);
            if (await IsOursAsync(delete, attempt.Token).ConfigureAwait(false))
                await _bucket.DeleteAsync(delete.Key, attempt.Token).ConfigureAwait(false);
            if (delete.SearchPrefix is { } prefix)
                await DeleteAllAsync(prefix, attempt.Token).ConfigureAwait(false);
            await ConfirmedAsync(entry).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It stays written down for the next start.
        }
        catch (Exception e)
        {
            Failed(entry, e, _time.GetUtcNow());
        }
    }

    private async Task DeleteAllAsync(string prefix, CancellationToken cancellationToken)
    {
        const int PageSize = 16; // more objects than one attachment can have
        string? token = null;
        do
        {
            ListPage page = await _bucket.ListAsync(prefix, null, token, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (ObjectInfo found in page.Objects)
                await _bucket.DeleteAsync(found.Key, cancellationToken).ConfigureAwait(false);
            token = page.NextPageToken;
        }
        while (token is not null);
    }

    private async Task TryAsync(List<Entry> group)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        attempt.CancelAfter(AttemptTimeout);
        try
        {
            string[] keys = [.. group.Select(entry => entry.Delete.Key)];
            IReadOnlyList<BucketException?> outcomes = await _bucket.DeleteManyAsync(keys, attempt.Token).ConfigureAwait(false);
            DateTimeOffset now = _time.GetUtcNow(); // one for all, so that those that failed are due together again
            await Task.WhenAll(group.Zip(outcomes, (entry, failure) => EndAsync(entry, failure, now))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // They stay written down for the next start.
        }
        catch (Exception e)
        {
            LogNoneDeleted(group.Count, e.Message, group[0].NextDelay);

            // A provider that refuses the request itself, as some gateways do, may yet take each delete alone.
            bool alone = e is BucketException { Kind: not (BucketErrorKind.Throttled or BucketErrorKind.Timeout or BucketErrorKind.Network) };
            DateTimeOffset now = _time.GetUtcNow();
            foreach (Entry entry in group)
                Reschedule(entry, now, entry.NextDelay, alone);
        }
    }

    private async Task EndAsync(Entry entry, BucketException? failure, DateTimeOffset now)
    {
        try
        {
            if (failure is null)
                await ConfirmedAsync(entry).ConfigureAwait(false);
            else
                Failed(entry, failure, now);
        }
        catch (IOException e)
        {
            Failed(entry, e, now);
        }
    }

    private Task ConfirmedAsync(Entry entry)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (!entry.Delete.MayStillArrive || now - entry.Delete.Since >= SettleTime)
            return RemoveAsync(entry.Delete);
        Reschedule(entry, now, SettleTime);
        return Task.CompletedTask;
    }

    private void Failed(Entry entry, Exception e, DateTimeOffset now)
    {
        LogNotDeleted(entry.Delete.Id, entry.Delete.Key, e.Message, entry.NextDelay);
        Reschedule(entry, now, entry.NextDelay);
    }

    private async Task<bool> IsOursAsync(PendingDelete delete, CancellationToken cancellationToken)
    {
        // Of a plain upload nothing tells whether an object under its key is ours; it may be older than the upload.
        if (delete.OnlyIfHeaderSha256 is null)
            return delete.UploadId is null;
        return await ObjectHeader
            .HasOneOfAsync([delete.OnlyIfHeaderSha256], _bucket, delete.Key, _headerLength, cancellationToken).ConfigureAwait(false) is true;
    }

    private void Reschedule(Entry entry, DateTimeOffset now, TimeSpan delay, bool alone = false)
    {
        TimeSpan next = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        lock (_lock)
        {
            if (_byName.TryGetValue(entry.Delete.Name, out Entry? current) && current.Delete == entry.Delete)
                _byName[entry.Delete.Name] = new Entry(entry.Delete, now + delay, next, WasTried: true, alone);
            _answered.Set();
        }
    }

    private async Task RemoveAsync(PendingDelete delete)
    {
        // First on disk: a name that is free again must not be deleted once more by the next start.
        if (_log is not null)
            await _log.RemoveAsync(delete).ConfigureAwait(false);
        lock (_lock)
        {
            if (!Take(delete))
                return;
        }

        if (delete.MayStillArrive || delete.UploadId is not null || _time.GetUtcNow() - delete.Since > Notable)
            LogDeleted(delete.Id, delete.Key);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot delete attachment {Attachment} at {Key}: {Reason}; next try in {Delay}")]
    private partial void LogNotDeleted(AttachmentId attachment, string key, string reason, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot delete {Count} objects in one request: {Reason}; next try in {Delay}")]
    private partial void LogNoneDeleted(int count, string reason, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Information, Message = "Remembered delete of attachment {Attachment} at {Key} is done")]
    private partial void LogDeleted(AttachmentId attachment, string key);

    /// <param name="Delete">What is to be done.</param>
    /// <param name="Due">When it may be tried.</param>
    /// <param name="NextDelay">After its next failure.</param>
    /// <param name="WasTried">The bucket has answered, or failed to, at least once.</param>
    /// <param name="Alone">In a request of its own.</param>
    private sealed record Entry(PendingDelete Delete, DateTimeOffset Due, TimeSpan NextDelay, bool WasTried, bool Alone);
}
