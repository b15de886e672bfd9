using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Program.Composition;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>Makes sure before the mount that the bucket can be used, waiting for one that cannot be reached if that is wanted.</summary>
internal sealed partial class BucketReadiness(StorageComposition storage, bool readOnly, ServiceManager serviceManager, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>For one look at a bucket that may not answer at all.</summary>
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Tries every right that the mount needs, with the retries of any request.</summary>
    /// <exception cref="BucketException">The bucket cannot be used.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        BucketProbe probe = storage.CreateProbe();
        try
        {
            await probe.ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (BucketException e) when (e.Kind == BucketErrorKind.NoSuchBucket && !readOnly)
        {
            if (!await storage.Bucket.CreateIfMissingAsync(cancellationToken).ConfigureAwait(false))
                throw;
            LogContainerMade(storage.Bucket.Metered.Description);
        }

        if (!readOnly)
            await probe.PutGetDeleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, waiting for a bucket that cannot be reached now; says so when it begins to wait, and when the reason changes.</summary>
    /// <param name="patience">How long; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="BucketException">
    /// The bucket cannot be used, and waiting would not help: wrong credentials, a missing bucket; or it did not become reachable in time.
    /// </exception>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan pause = FirstPause;
        BucketErrorKind? reason = null;
        TimeSpan Left() => patience == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : patience - Stopwatch.GetElapsedTime(start);

        while (true)
        {
            try
            {
                await LookAsync(Left(), cancellationToken).ConfigureAwait(false);
                await EnsureAsync(cancellationToken).ConfigureAwait(false);
                TimeSpan waited = Stopwatch.GetElapsedTime(start);
                if (reason is not null)
                    LogReached(storage.Bucket.Metered.Description, waited);
                return;
            }
            catch (BucketException e) when (MayPass(e.Kind))
            {
                TimeSpan left = Left();
                if (left <= TimeSpan.Zero)
                    throw new BucketException(e.Kind, $"not reachable within {patience.TotalSeconds:0} s: {e.Message}", e);
                if (reason != e.Kind)
                    Announce(e.Message, patience);
                reason = e.Kind;
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks, left.Ticks));
                serviceManager.SayWaiting(e.Message, pause + LookTimeout);
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Failures that may pass without anybody's doing.</summary>
    private static bool MayPass(BucketErrorKind kind) => kind is BucketErrorKind.Network or BucketErrorKind.Timeout
        or BucketErrorKind.Throttled or BucketErrorKind.ProviderFailure;

    /// <summary>One attempt of one request, so that the reason is known soon; a bucket that is missing is the business of who may make it.</summary>
    private async Task LookAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        TimeSpan limit = left < FirstPause ? FirstPause : left < LookTimeout ? left : LookTimeout;
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        attempt.CancelAfter(limit);
        try
        {
            await storage.CreateSingleAttemptProbe().ListAsync(attempt.Token).ConfigureAwait(false);
        }
        catch (BucketException e) when (e.Kind == BucketErrorKind.NoSuchBucket)
        {
            // Found out again in a moment.
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BucketException(
                BucketErrorKind.Timeout, $"{storage.Bucket.Metered.Description}: no answer within {limit.TotalSeconds:0} s", e);
        }
    }

    private void Announce(string reason, TimeSpan patience)
    {
        string howLong = patience == Timeout.InfiniteTimeSpan ? "without end" : $"for up to {patience.TotalSeconds:0} s";
        string line = $"waiting for the bucket, {howLong}: {reason.ReplaceLineEndings(" ")}";
        LogWaiting(line);
        BackgroundMount.SayToWaitingHalf(line);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Made the container {Bucket}, which did not exist")]
    private partial void LogContainerMade(string bucket);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Line}")]
    private partial void LogWaiting(string line);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Bucket} is reachable, after {Waited}")]
    private partial void LogReached(string bucket, TimeSpan waited);
}
