using OrthancCloudFs.Buckets.Local;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>Makes the names in a folder durable; those who ask at the same time share one request to the disk.</summary>
internal sealed class FolderFlush(string directory) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _asked;
    private long _done;

    /// <summary>Returns when every name that was made before the call is durable.</summary>
    /// <exception cref="IOException">That is not known.</exception>
    public async Task FlushAsync()
    {
        long ticket = Interlocked.Increment(ref _asked);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_done >= ticket)
                return;
            long covered = Interlocked.Read(ref _asked);
            DirectorySync.Flush(directory);
            _done = covered;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
