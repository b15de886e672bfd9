using System.Diagnostics;
using OrthancCloudFs.Attachments.Commit;

namespace OrthancCloudFs.Attachments;

/// <summary>The end of the store.</summary>
public sealed partial class AttachmentStore
{
    /// <summary>
    /// To be called when nobody asks for anything new any more, before <see cref="DisposeAsync"/>. Fails every attachment still being
    /// written; then what the bucket has not confirmed yet is tried at once, and again as often as it comes due in time.
    /// </summary>
    /// <param name="patience">For what is pending; what cannot come due within it is not waited for.</param>
    /// <returns>What stays for the next start.</returns>
    public async Task<PendingWork> DrainAsync(TimeSpan patience)
    {
        await EndWritersAsync().ConfigureAwait(false);
        long start = Stopwatch.GetTimestamp();
        int uploads = _journal is null ? 0 : await _journal.DrainAsync(patience).ConfigureAwait(false);
        return new PendingWork(await _pendingDeletes.DrainAsync(patience - Stopwatch.GetElapsedTime(start)).ConfigureAwait(false), uploads);
    }

    /// <summary>Fails every attachment still being written, commits under way may end first; ends downloads.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndWritersAsync().ConfigureAwait(false);
        if (_names is not null)
            await _names.DisposeAsync().ConfigureAwait(false);
        await _fetcher.StopAsync().ConfigureAwait(false);
        _cache.Reclaim(long.MaxValue);
        _inputs.Dispose();
    }

    private async Task EndWritersAsync()
    {
        AttachmentWriter[] open;
        lock (_lock)
            open = [.. _writers.Values];
        foreach (AttachmentWriter writer in open)
            await writer.AbortAsync("the mount was closed").ConfigureAwait(false);
        await _committer.StopAsync().ConfigureAwait(false);
    }
}
