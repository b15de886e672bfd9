using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// Brings attachments from the bucket into staging, once for all who ask at the same time. A look-up already asks for the whole object:
/// whoever looks a name up mostly opens it next, and then finds the body under way, so that both together cost one GET.
/// </summary>
internal sealed partial class ContentFetcher(
    IBucket bucket,
    ObjectReader objects,
    KeyLayout layout,
    ObjectForm form,
    StagingMemory memory,
    ContentCache cache,
    InputGate inputs,
    long largestUnasked,
    long largestWhole,
    ILogger logger)
{
    /// <summary>More objects than one attachment can have in the flat layout.</summary>
    private const int SearchPageSize = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<AttachmentId, Fetch> _fetches = [];
    private bool _isStopped;

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
                fetch = Start(id, known: null, reserved: 0, asWhole: true);
        }

        return await fetch.Found.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The authenticated content, pinned.</summary>
    /// <exception cref="AttachmentException">It is gone, cannot be had, or does not authenticate.</exception>
    public async Task<CachedContent> GetAsync(AttachmentInfo info, CancellationToken cancellationToken)
    {
        form.RequireReadable(info.Key, info.Encrypted);
        long bytes = StagingMemory.RoundUp(info.Length + form.Overhead);
        bool asWhole = bytes <= largestWhole;
        if (!asWhole)
            bytes = BlockwiseContent.BytesFor(info.Length, info.Encrypted ?? form.Encrypts, memory);
        if (bytes > largestWhole)
        {
            throw new AttachmentException(
                AttachmentError.TooLarge, $"{info.Key}: {info.Length} bytes do not fit in {largestWhole} bytes of staging memory");
        }

        while (true)
        {
            if (cache.TryPin(info.Id, out CachedContent? cached))
                return cached;
            Fetch? running = Join(info.Id);
            if (running is null)
            {
                await memory.ReserveAsync(bytes, ReservationPriority.Queue, cancellationToken).ConfigureAwait(false);
                running = StartPinned(info, bytes, asWhole);
                if (running is null)
                    continue;
            }

            if (await WaitPinnedAsync(running, cancellationToken).ConfigureAwait(false) is { } content)
                return content;
        }
    }

    /// <summary>
    /// The attachment is being deleted: forgets its content, and sees to it that a download under way does not bring it back. A download
    /// that nobody waits for is ended; those who already wait still get what they asked for.
    /// </summary>
    public void Forget(AttachmentId id)
    {
        Fetch? unwanted = null;
        lock (_lock)
        {
            if (_fetches.Remove(id, out Fetch? fetch))
            {
                fetch.IsForgotten = true;
                unwanted = fetch.Pins == 0 ? fetch : null;
            }
        }

        unwanted?.Cancellation.Cancel();
        cache.Remove(id);
    }

    /// <summary>The attachment has just been stored: a look-up that began before says nothing of it any more.</summary>
    public void Outdate(AttachmentId id)
    {
        lock (_lock)
        {
            if (_fetches.Remove(id, out Fetch? fetch))
                fetch.IsForgotten = true;
        }
    }

    /// <summary>Begins no more downloads, ends those under way, and returns when none of them uses staging memory any more.</summary>
    public async Task StopAsync()
    {
        Fetch[] running;
        lock (_lock)
        {
            _isStopped = true;
            running = [.. _fetches.Values];
        }

        foreach (Fetch fetch in running)
            await fetch.Cancellation.CancelAsync().ConfigureAwait(false);
        foreach (Fetch fetch in running)
            await ((Task)fetch.Content).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    private Fetch? StartPinned(AttachmentInfo info, long reserved, bool asWhole)
    {
        lock (_lock)
        {
            if (!_fetches.ContainsKey(info.Id) && !cache.TryGetInfo(info.Id, out _))
            {
                Fetch fetch = Start(info.Id, info, reserved, asWhole);
                fetch.Pins++;
                return fetch;
            }
        }

        memory.Release(reserved);
        return null;
    }

    private Fetch Start(AttachmentId id, AttachmentInfo? known, long reserved, bool asWhole)
    {
        if (_isStopped)
        {
            memory.Release(reserved);
            throw Stopped(id);
        }

        var fetch = new Fetch();
        _fetches.Add(id, fetch);
        fetch.Content = Task.Run(() => RunAsync(fetch, id, known, reserved, asWhole));
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

    private async Task<CachedContent?> RunAsync(Fetch fetch, AttachmentId id, AttachmentInfo? known, long reserved, bool asWhole)
    {
        string key = known?.Key ?? layout.UsualKey(id);
        try
        {
            return asWhole
                ? await FetchWholeAsync(fetch, id, key, known, reserved).ConfigureAwait(false)
                : End(fetch, id, await OpenBlockwiseAsync(known!, reserved, fetch.Cancellation.Token).ConfigureAwait(false));
        }
        catch (NotStagedException) when (known is null)
        {
            return End(fetch, id, null);
        }
        catch (OperationCanceledException e)
        {
            End(fetch, id, null);
            fetch.Found.TrySetException(fetch.IsForgotten
                ? new AttachmentException(AttachmentError.NotFound, $"{key}: deleted while it was looked up", e)
                : Stopped(id));
            throw;
        }
        catch (Exception e)
        {
            AttachmentException failure = e switch
            {
                AttachmentException own => own,
                BucketException told => AttachmentException.From(told),
                NotStagedException => new AttachmentException(AttachmentError.BucketFailure, $"{key}: it is longer than when it was found", e),
                _ => new AttachmentException(AttachmentError.BucketFailure, $"{key}: {e.Message}", e),
            };
            LogFailed(id, key, failure.Error, failure.Message);
            End(fetch, id, null);
            fetch.Found.TrySetException(failure);
            throw failure;
        }
    }

    private async Task<CachedContent?> FetchWholeAsync(Fetch fetch, AttachmentId id, string key, AttachmentInfo? known, long reserved)
    {
        using var download = new StagedDownload(id, known?.Encrypted, form, memory, reserved, largestUnasked)
        {
            Found = info => fetch.Found.TrySetResult(info),
        };
        if (known is null && layout.TryParse(key, out AttachmentKey usual))
            download.EncryptedByName = usual.Encrypted;
        AttachmentInfo? other;
        try
        {
            if (await objects.GetAsync(key, default, download, fetch.Cancellation.Token).ConfigureAwait(false))
                return End(fetch, id, await FinishAsync(download, fetch.Cancellation.Token).ConfigureAwait(false));
            if (known is not null)
                throw new AttachmentException(AttachmentError.NotFound, $"{key}: the bucket has no such object any more");
            other = await SearchAsync(id, fetch.Cancellation.Token).ConfigureAwait(false);
        }
        catch (BucketException e) when (e.Kind == BucketErrorKind.Archived && known is null)
        {
            // It exists, and says so; only opening it fails.
            other = await bucket.HeadAsync(key, fetch.Cancellation.Token).ConfigureAwait(false) is { } archived
                ? form.Describe(id, archived, download.EncryptedByName ?? form.Encrypts)
                : await SearchAsync(id, fetch.Cancellation.Token).ConfigureAwait(false);
        }

        // First out of the way, then known: whoever acts on the answer must not meet it again.
        End(fetch, id, null);
        fetch.Found.TrySetResult(other);
        return null;
    }

    private async Task<WholeContent> FinishAsync(StagedDownload download, CancellationToken cancellationToken)
    {
        using IDisposable turn = await inputs.EnterAsync(download.Reserved, cancellationToken).ConfigureAwait(false);
        return download.Finish();
    }

    private async Task<BlockwiseContent> OpenBlockwiseAsync(AttachmentInfo info, long reserved, CancellationToken cancellationToken)
    {
        try
        {
            IEnvelope? envelope = info.Encrypted ?? form.Encrypts ? form.Envelope : null;
            return await BlockwiseContent.OpenAsync(objects, info, envelope, memory, reserved, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            memory.Release(reserved);
            throw;
        }
    }

    /// <summary>
    /// Finds an attachment under another name than the usual one, in one look-up. Its body is left to whoever opens it: a delete then costs
    /// no download.
    /// </summary>
    private async Task<AttachmentInfo?> SearchAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        if (layout.SearchPrefix(id) is not { } prefix)
            return null;
        AttachmentInfo? unreadable = null;
        string? token = null;
        do
        {
            ListPage page = await bucket.ListAsync(prefix, null, token, SearchPageSize, cancellationToken).ConfigureAwait(false);
            foreach (ObjectInfo candidate in page.Objects)
            {
                if (!layout.TryParse(candidate.Key, out AttachmentKey parsed))
                    continue;
                AttachmentInfo? info = form.Describe(id, candidate, parsed.Encrypted);
                if (form.IsReadable(parsed.Encrypted))
                    return info;
                unreadable ??= info;
            }

            token = page.NextPageToken;
        }
        while (token is not null);

        // It exists, so it must not look missing; opening it says why it cannot be read.
        return unreadable;
    }

    private static AttachmentException Stopped(AttachmentId id) => new(AttachmentError.BucketFailure, $"{id}: the mount was closed");

    private CachedContent? End(Fetch fetch, AttachmentId id, CachedContent? content)
    {
        lock (_lock)
        {
            if (!fetch.IsForgotten)
                _fetches.Remove(id);
            if (content is not null && fetch.IsForgotten)
                cache.AddDetached(content, fetch.Pins);
            else if (content is not null)
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

        /// <summary>The attachment was deleted or stored since; another download may have taken this one's place.</summary>
        public bool IsForgotten { get; set; }
    }
}
