using System.Diagnostics;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>
/// Rounds of kill -9 at random moments under load. After each, what was acknowledged is read back; at the end, bucket, index and what the
/// clients were told are compared.
/// </summary>
public sealed class CrashCampaign
{
    /// <summary>Above a writer's share of the mount's memory, in bytes: it is uploaded in parts.</summary>
    internal const int LengthInParts = 20_000_000;

    private static readonly TimeSpan LongestAway = TimeSpan.FromSeconds(2);

    private readonly CrashPlan _plan;
    private readonly TextWriter _output;
    private readonly Random _random;
    private readonly CrashReport _report = new();
    private readonly Ledger _ledger = new();
    private readonly Disturbances _disturbances = new();

    private CrashCampaign(CrashPlan plan, TextWriter output) => (_plan, _output, _random) = (plan, output, new Random(plan.Seed));

    /// <summary>Runs one campaign, tells of each round on one line, and sums up.</summary>
    public static async Task<CrashReport> RunAsync(CrashPlan plan, TextWriter output, CancellationToken cancellationToken)
    {
        var campaign = new CrashCampaign(plan, output);
        await output.WriteLineAsync($"write mode {plan.WriteMode}, {plan.Rounds} rounds, {plan.Clients} clients, seed {plan.Seed}");
        long began = Stopwatch.GetTimestamp();
        await campaign.RunAsync(cancellationToken);
        await output.WriteLineAsync($"write mode {plan.WriteMode}, in {Stopwatch.GetElapsedTime(began).TotalMinutes:0.0} minutes:");
        foreach (string line in campaign._report.Summary())
            await output.WriteLineAsync(line);
        return campaign._report;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await using CrashSite crash = await CrashSite.StartAsync(_plan.WriteMode, _report);
        using var rest = new OrthancRest(crash.Site.RestAddress);
        var audit = new InstanceAudit(rest, _ledger, _report);
        int round = 0;
        while (round < _plan.Rounds && !cancellationToken.IsCancellationRequested)
        {
            await using (new MixedLoad(_plan, unchecked(_plan.Seed + (round * 1000)), rest, _ledger, _disturbances, _report))
            {
                int last = Math.Min(_plan.Rounds, round + _plan.RoundsPerAudit);
                while (round < last && !cancellationToken.IsCancellationRequested)
                    await RunRoundAsync(++round, crash, audit);
            }

            await audit.VerifyAllAsync();
            await _output.WriteLineAsync($"all of {_ledger.StoredCount} instances after round {round}: {_report.Line}");
        }

        var bucket = new BucketAudit(crash.Site, _ledger, _report);
        await bucket.DrainAsync();
        await crash.RemountAsync();
        await audit.VerifyAllAsync();
        await crash.Site.StopOrthancAsync();
        await bucket.VerifyAsync();
    }

    private async Task RunRoundAsync(int round, CrashSite crash, InstanceAudit audit)
    {
        Victims victims = _random.Next(8) switch
        {
            < 2 => Victims.Mount,
            < 4 => Victims.Orthanc,
            < 6 => Victims.Gateway,
            6 => Victims.Mount | Victims.Gateway,
            _ => Victims.All,
        };
        TimeSpan calm = _random.NextDouble() * _plan.LongestCalm;
        await Task.Delay(calm);
        long began = Stopwatch.GetTimestamp();
        _disturbances.Begin(victims);
        await crash.KillAsync(victims, _random);
        await Task.Delay(_random.NextDouble() * LongestAway);
        await crash.RestoreAsync(victims);
        _disturbances.End();
        TimeSpan away = Stopwatch.GetElapsedTime(began);
        await audit.VerifyAsync(_ledger.BeginReadOfFresh(_random, _plan.SampleOfOld));
        await _output.WriteLineAsync(
            $"round {round}: {victims} killed after {calm.TotalSeconds:0.0} s, back after {away.TotalSeconds:0.0} s; {_report.Line}");
    }
}
