using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// Brings attachments from the bucket into staging, once for all who ask at the same time. A look-up already asks for the whole object:
/// whoever looks a name up mostly opens it next, and then finds the body under way, so that both together cost one GET.
/// </summary>
internal sealed partial class ContentFetcher(
    IBucket bucket, KeyLayout layout, ObjectForm form, StagingMemory memory, ContentCache cache, long largestUnasked, ILogger logger)
{
    /// <summary>More objects than one attachment can have in the flat layout.</summary>
    private const int SearchPageSize = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<AttachmentId, Fetch> _fetches = [];

    /// <summary>What the bucket says of an attachment; null when it says that there is none.</summary>
    /// <exception cref="AttachmentException">The bucket did not say.</exception>
    public async Task<AttachmentInfo?> FindAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        Fetch fetch;
        lock (_lock)
        {
            if (cache.TryGetInfo(id, out AttachmentInfo? cached))
                return cached;
            if (!_fetches.TryGetValue(id, out fetch!))
                fetch = Start(id, known: null, reserved: 0);
        }

        return await fetch.Found.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The authenticated content, pinned.</summary>
    /// <exception cref="AttachmentException">It is gone, cannot be had, or does not authenticate.</exception>
    public async Task<CachedContent> GetAsync(AttachmentInfo info, CancellationToken cancellationToken)
    {
        form.RequireReadable(info.Key, info.Encrypted);
        long bytes = StagingMemory.RoundUp(info.Length + form.Overhead);
        if (bytes > memory.Capacity)
        {
            throw new AttachmentException(
                AttachmentError.TooLarge, $"{info.Key}: {info.Length} bytes do not fit in {memory.Capacity} bytes of staging memory");
        }

        while (true)
        {
            if (cache.TryPin(info.Id, out CachedContent? cached))
                return cached;
            Fetch? running = Join(info.Id);
            if (running is null)
            {
                await memory.ReserveAsync(bytes, ReservationPriority.Queue, cancellationToken).ConfigureAwait(false);
                running = StartPinned(info, bytes);
                if (running is null)
                    continue;
            }

            if (await WaitPinnedAsync(running, cancellationToken).ConfigureAwait(false) is { } content)
                return content;
        }
    }

    /// <summary>Ends a download that nobody waits for; the attachment is being deleted.</summary>
    public void Cancel(AttachmentId id)
    {
        lock (_lock)
        {
            if (_fetches.TryGetValue(id, out Fetch? fetch) && fetch.Pins == 0)
                fetch.Cancellation.Cancel();
        }
    }

    private Fetch? Join(AttachmentId id)
    {
        lock (_lock)
        {
            if (!_fetches.TryGetValue(id, out Fetch? fetch))
                return null;
            fetch.Pins++;
            return fetch;
        }
    }

    private Fetch? StartPinned(AttachmentInfo info, long reserved)
    {
        lock (_lock)
        {
            if (!_fetches.ContainsKey(info.Id) && !cache.TryGetInfo(info.Id, out _))
            {
                Fetch fetch = Start(info.Id, info, reserved);
                fetch.Pins++;
                return fetch;
            }
        }

        memory.Release(reserved);
        return null;
    }

    private Fetch Start(AttachmentId id, AttachmentInfo? known, long reserved)
    {
        var fetch = new Fetch();
        _fetches.Add(id, fetch);
        fetch.Content = Task.Run(() => RunAsync(fetch, id, known, reserved));
        return fetch;
    }

    private async Task<CachedContent?> WaitPinnedAsync(Fetch fetch, CancellationToken cancellationToken)
    {
        try
        {
            return await fetch.Content.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = UnpinWhenDoneAsync(fetch);
            throw;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task UnpinWhenDoneAsync(Fetch fetch)
    {
        await ((Task)fetch.Content).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (fetch.Content is { IsCompletedSuccessfully: true, Result: { } content })
            cache.Unpin(content);
    }

    private async Task<CachedContent?> RunAsync(Fetch fetch, AttachmentId id, AttachmentInfo? known, long reserved)
    {
        using var download = new StagedDownload(id, known?.Encrypted, form, memory, reserved, largestUnasked)
        {
            Found = info => fetch.Found.TrySetResult(info),
        };
        string key = known?.Key ?? layout.UsualKey(id);
        try
        {
            if (known is null && layout.TryParse(key, out AttachmentKey usual))
                download.EncryptedByName = usual.Encrypted;
            bool found = await bucket.GetAsync(key, range: null, download, fetch.Cancellation.Token).ConfigureAwait(false);
            if (!found && known is null && await SearchAsync(id, fetch).ConfigureAwait(false) is var (otherKey, encrypted, readable))
            {
                if (!readable)
                    return End(fetch, id, null);
                (key, download.EncryptedByName) = (otherKey, encrypted);
                found = await bucket.GetAsync(key, range: null, download, fetch.Cancellation.Token).ConfigureAwait(false);
            }

            if (found)
                return End(fetch, id, download.Finish());
            fetch.Found.TrySetResult(null);
            return known is null
                ? End(fetch, id, null)
                : throw new AttachmentException(AttachmentError.NotFound, $"{key}: the bucket has no such object any more");
        }
        catch (NotStagedException)
        {
            return End(fetch, id, null);
        }
        catch (OperationCanceledException e)
        {
            fetch.Found.TrySetException(new AttachmentException(AttachmentError.NotFound, $"{key}: deleted while it was looked up", e));
            End(fetch, id, null);
            throw;
        }
        catch (Exception e)
        {
            AttachmentException failure = e as AttachmentException ?? (e is BucketException b
                ? AttachmentException.From(b)
                : new AttachmentException(AttachmentError.BucketFailure, $"{key}: {e.Message}", e));
            LogFailed(id, key, failure.Error, failure.Message);
            fetch.Found.TrySetException(failure);
            End(fetch, id, null);
            throw failure;
        }
    }

    /// <summary>Finds an attachment under another name than the usual one, in one look-up.</summary>
    private async Task<(string Key, bool? Encrypted, bool Readable)?> SearchAsync(AttachmentId id, Fetch fetch)
    {
        if (layout.SearchPrefix(id) is not { } prefix)
            return null;
        ListPage page = await bucket.ListAsync(prefix, null, null, SearchPageSize, fetch.Cancellation.Token).ConfigureAwait(false);
        (ObjectInfo Object, bool? Encrypted)? unreadable = null;
        foreach (ObjectInfo candidate in page.Objects)
        {
            if (!layout.TryParse(candidate.Key, out AttachmentKey parsed))
                continue;
            if (form.IsReadable(parsed.Encrypted))
                return (candidate.Key, parsed.Encrypted, true);
            unreadable ??= (candidate, parsed.Encrypted);
        }

        if (unreadable is not var (found, encrypted))
            return null;

        // It exists, so it must not look missing; opening it says why it cannot be read.
        fetch.Found.TrySetResult(form.Describe(id, found, encrypted));
        return (found.Key, encrypted, false);
    }

    private CachedContent? End(Fetch fetch, AttachmentId id, CachedContent? content)
    {
        lock (_lock)
        {
            _fetches.Remove(id);
            if (content is not null)
                cache.Add(content, fetch.Pins);
        }

        return content;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot read attachment {Attachment} from {Key}: {Error}: {Reason}")]
    private partial void LogFailed(AttachmentId attachment, string key, AttachmentError error, string reason);

    private sealed class Fetch
    {
        public CancellationTokenSource Cancellation { get; } = new();

        public TaskCompletionSource<AttachmentInfo?> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<CachedContent?> Content { get; set; } = null!;

        /// <summary>Openers who wait for the content.</summary>
        public int Pins { get; set; }
    }
}
