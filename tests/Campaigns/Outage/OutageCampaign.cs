using System.Diagnostics;
using OrthancCloudFs.Campaigns.Load;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.Campaigns.Outage;

/// <summary>
/// The line to the bucket is cut while clients go on working on an Orthanc in journal mode. Nothing may be refused; when the line is back and
/// nothing is pending any more, bucket, index and what the clients were told are compared.
/// </summary>
public sealed class OutageCampaign
{
    private static readonly TimeSpan PatienceForGreen = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly OutagePlan _plan;
    private readonly TextWriter _output;
    private readonly OutageReport _report;
    private readonly Ledger _ledger = new();

    private OutageCampaign(OutagePlan plan, TextWriter output)
    {
        _plan = plan;
        _output = TextWriter.Synchronized(output);
        _report = new OutageReport(_output);
    }

    /// <summary>Runs one campaign, tells of each phase on one line, and sums up.</summary>
    public static async Task<OutageReport> RunAsync(OutagePlan plan, TextWriter output, CancellationToken cancellationToken)
    {
        var campaign = new OutageCampaign(plan, output);
        await campaign.SayAsync($"outage of {plan.Outage.TotalMinutes:0.0} minutes in write mode Journal, {plan.Clients} clients, seed {plan.Seed}");
        await campaign.RunAsync(cancellationToken);
        foreach (string line in campaign._report.Summary())
            await campaign.SayAsync(line);
        return campaign._report;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await using OutageSite outage = await OutageSite.StartAsync();
        using var rest = new OrthancRest(outage.Site.RestAddress);
        var bucket = new BucketAudit(outage.Site, _ledger, _report);
        await using (var watch = new OutageWatch(outage.Site, _report))
        {
            long cutAt = await GoThroughAsync(outage, watch, rest, cancellationToken);
            watch.BucketIsBack();
            _report.Outage = Stopwatch.GetElapsedTime(cutAt);
            outage.Line.Restore();
            long restoredAt = Stopwatch.GetTimestamp();
            await bucket.DrainUploadsAsync();
            _report.UploadDrain = Stopwatch.GetElapsedTime(restoredAt);
            await SayAsync($"no upload is pending {_report.UploadDrain.TotalSeconds:0.0} s after the line was restored");
            await bucket.DrainAsync();
            _report.Drain = Stopwatch.GetElapsedTime(restoredAt);
            await SayAsync($"no delete is pending {_report.Drain.TotalSeconds:0.0} s after the line was restored");
            await BecomeGreenAsync(outage);
        }

        cancellationToken.ThrowIfCancellationRequested();
        await outage.RemountAsync();
        await new InstanceAudit(rest, _ledger, _report).VerifyAllAsync();
        await SayAsync($"all of {_ledger.StoredCount} instances were read after a restart");
        await outage.Site.StopOrthancAsync();
        await bucket.VerifyAsync();
        if (outage.CountJournalFiles() is > 0 and int files)
            _report.AddFinding($"{files} objects are still in the journal");
    }

    /// <summary>The calm, the outage, and the end of the load; returns when the line was cut, which it is still.</summary>
    private async Task<long> GoThroughAsync(OutageSite outage, OutageWatch watch, OrthancRest rest, CancellationToken cancellationToken)
    {
        long cutAt;
        (int Stored, int Read, int Deleted, long Bytes) before;
        await using (var load = new SteadyLoad(_plan, rest, _ledger, _report))
        {
            await Task.Delay(_plan.Calm, cancellationToken);
            await SawAsync(outage, "before");
            before = _report.SoFar;
            outage.Line.Cut();
            cutAt = Stopwatch.GetTimestamp();
            load.BucketIsAway();
            watch.BucketIsAway();
            await SayAsync($"the line is cut after {before.Stored} stores; connections are ended at once");
            await Task.Delay(_plan.Outage / 2, cancellationToken);
            await SawAsync(outage, "in the middle");
            outage.Line.Silence();
            await SayAsync("from now on nobody answers");
            await Task.Delay(_plan.Outage / 2, cancellationToken);
        }

        var (stored, read, deleted, bytes) = _report.SoFar;
        _report.DuringOutage = (stored - before.Stored, read - before.Read, deleted - before.Deleted, bytes - before.Bytes);
        CloudFsStatus status = await SawAsync(outage, "at its end");
        int inJournal = _ledger.CountStored(Victims.Gateway);
        if (status.PendingUploads < inJournal)
            _report.AddFinding($"{inJournal} instances were stored during the outage, and only {status.PendingUploads} uploads are pending");
        return cutAt;
    }

    private async Task BecomeGreenAsync(OutageSite outage)
    {
        long began = Stopwatch.GetTimestamp();
        while ((await outage.Site.StatusAsync()).Health is var health && health.Status != "green")
        {
            if (Stopwatch.GetElapsedTime(began) > PatienceForGreen)
            {
                _report.AddFinding($"the health is {health.Status} after all was done: {string.Join(", ", health.Reasons)}");
                break;
            }

            await Task.Delay(Pause);
        }

        await SawAsync(outage, "after it");
    }

    /// <summary>Prints and notes how the mount is.</summary>
    private async Task<CloudFsStatus> SawAsync(OutageSite outage, string moment)
    {
        CloudFsStatus status = await outage.Site.StatusAsync();
        _report.Saw(moment, status);
        await SayAsync(
            $"{moment}: {status.Health.Status}, {status.PendingUploads} uploads and {status.PendingDeletes} deletes pending, "
            + $"{status.Journal.Bytes / 1e6:0.0} MB in the journal, {status.Process.Resident / 1e6:0.0} MB resident");
        return status;
    }

    private Task SayAsync(string line) => _output.WriteLineAsync(line);
}
