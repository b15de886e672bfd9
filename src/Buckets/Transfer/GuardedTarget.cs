namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>The target of one attempt: what arrives is progress, and what the target itself throws is told from failures of the bucket.</summary>
internal sealed class GuardedTarget(IDownloadTarget target, StallGuard guard) : IDownloadTarget
{
    /// <summary>Bytes of the body so far.</summary>
    public long Received { get; private set; }

    /// <summary>What the target threw; passes to the caller as it is.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Passes a whole body on.</summary>
    /// <exception cref="BucketException">It is shorter or longer than <paramref name="length"/>.</exception>
    public async Task ReceiveAsync(string key, Stream body, long length)
    {
        try
        {
            await DownloadWriter.CopyAsync(body, this, length, guard.Token).ConfigureAwait(false);
        }
        catch (HttpIOException failure) when (failure.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            throw Ended(key, length, failure);
        }
        if (Received < length)
            throw Ended(key, length);
        if (await body.ReadAsync(new byte[1], guard.Token).ConfigureAwait(false) > 0)
            throw new BucketException(BucketErrorKind.ProviderFailure, $"get {key}: the body is longer than the announced {length} bytes");
    }

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

    /// <summary>While the body was read, unlike a connection that is closed before the answer began.</summary>
    private BucketException Ended(string key, long length, Exception? cause = null) =>
        new(BucketErrorKind.Truncated, $"get {key}: the body ended after {Received} of {length} bytes", cause);
}
