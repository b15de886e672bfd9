namespace OrthancCloudFs.Buckets.S3;

/// <summary>The target of one attempt: what arrives is progress, and what the target itself throws is told from failures of the bucket.</summary>
internal sealed class GuardedTarget(IDownloadTarget target, StallGuard guard) : IDownloadTarget
{
    /// <summary>Bytes of the body so far.</summary>
    public long Received { get; private set; }

    /// <summary>What the target threw; passes to the caller as it is.</summary>
    public Exception? Failure { get; private set; }

    public async ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
    {
        try
        {
            await target.BeginAsync(info, length, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Failure = failure;
            throw;
        }
    }

    public Memory<byte> GetBuffer()
    {
        try
        {
            return target.GetBuffer();
        }
        catch (Exception failure)
        {
            Failure = failure;
            throw;
        }
    }

    public void Advance(int count)
    {
        guard.Progress();
        Received += count;
        try
        {
            target.Advance(count);
        }
        catch (Exception failure)
        {
            Failure = failure;
            throw;
        }
    }
}
