using System.Diagnostics;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Sites;

namespace OrthancCloudFs.Campaigns.Outage;

/// <summary>Asks the mount for its status now and then, and judges what it says of an outage.</summary>
internal sealed class OutageWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Red is what had no success for 5 s after a failure (docs/metrics.md); the rest is for a machine that is busy.</summary>
    private static readonly TimeSpan TimeToNotice = TimeSpan.FromSeconds(20);

    private readonly Site _site;
    private readonly OutageReport _report;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private long _cutAt;

    public OutageWatch(Site site, OutageReport report)
    {
        (_site, _report) = (site, report);
        _watching = WatchAsync();
    }

    /// <summary>The line was cut.</summary>
    public void BucketIsAway() => Interlocked.Exchange(ref _cutAt, Stopwatch.GetTimestamp());

    /// <summary>The line is about to be restored.</summary>
    public void BucketIsBack() => Interlocked.Exchange(ref _cutAt, 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            long cutAt = Interlocked.Read(ref _cutAt);
            bool mustBeRed = cutAt != 0 && Stopwatch.GetElapsedTime(cutAt) > TimeToNotice;
            CloudFsStatus status = await _site.StatusAsync();
            _report.Saw(status);
            if (status.Journal.Stuck > 0)
                _report.AddFinding($"{status.Journal.Stuck} uploads are stuck");
            if (mustBeRed && cutAt == Interlocked.Read(ref _cutAt))
                Judge(status);
            await Task.Delay(Interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Judge(CloudFsStatus status)
    {
        _report.CountRedSample();
        if (status.Health.Status != "red")
            _report.AddFinding($"the health is {status.Health.Status} during the outage");
        if (status.PendingUploads == 0)
            _report.AddFinding("no upload is pending during the outage");
    }
}
