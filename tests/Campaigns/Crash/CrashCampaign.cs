using System.Diagnostics;
using OrthancCloudFs.Campaigns.Load;
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

    /// <summary>The moment of a kill falls anywhere into a call.</summary>
    private static readonly TimeSpan LongestJitter = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan CalmPatience = TimeSpan.FromMinutes(2);

    private readonly CrashPlan _plan;
    private readonly TextWriter _output;
    private readonly Random _random;
    private readonly CrashReport _report;
    private readonly Queue<Victims> _next = new();
    private readonly Ledger _ledger = new();
    private readonly Disturbances _disturbances = new();

    private CrashCampaign(CrashPlan plan, TextWriter output)
    {
        (_plan, _random) = (plan, new Random(plan.Seed));
        _output = TextWriter.Synchronized(output);
        _report = new CrashReport(_output);
    }

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

            cancellationToken.ThrowIfCancellationRequested();
            await audit.VerifyAllAsync();
            await _output.WriteLineAsync($"all of {_ledger.StoredCount} instances after round {round}: {_report.Line}");
        }

        cancellationToken.ThrowIfCancellationRequested();
        var bucket = new BucketAudit(crash.Site, _ledger, _report);
        await bucket.DrainAsync();
        await crash.RemountAsync();
        await audit.VerifyAllAsync();
        await crash.Site.StopOrthancAsync();
        await bucket.VerifyAsync();
    }

    /// <summary>In random order, but in every four rounds each of them once alone, and once together with others.</summary>
    private Victims NextVictims()
    {
        if (_next.Count == 0)
        {
            Victims[] four = [Victims.Mount, Victims.Orthanc, Victims.Gateway, _random.Next(2) == 0 ? Victims.All : Victims.Mount | Victims.Gateway];
            _random.Shuffle(four);
            Array.ForEach(four, _next.Enqueue);
        }

        return _next.Dequeue();
    }

    /// <summary>Lets the clients work until so many calls were answered; returns how many were.</summary>
    private async Task<int> AwaitAnswersAsync(int count)
    {
        int before = _report.Answered;
        long began = Environment.TickCount64;
        while (_report.Answered < before + count)
        {
            if (Environment.TickCount64 - began > CalmPatience.TotalMilliseconds)
            {
                _report.AddFinding($"{_report.Answered - before} calls were answered within {CalmPatience} while nothing was away");
                break;
            }

            await Task.Delay(10);
        }

        return _report.Answered - before;
    }

    private async Task RunRoundAsync(int round, CrashSite crash, InstanceAudit audit)
    {
        Victims victims = NextVictims();
        int calm = await AwaitAnswersAsync(_random.Next(5, _plan.LongestCalm));
        await Task.Delay(_random.NextDouble() * LongestJitter);
        long began = Stopwatch.GetTimestamp();
        _disturbances.Begin(victims);
        await crash.KillAsync(victims, _random);
        await Task.Delay(_random.NextDouble() * LongestAway);
        await crash.RestoreAsync(victims);
        _disturbances.End();
        TimeSpan away = Stopwatch.GetElapsedTime(began);
        await audit.VerifyAsync(_ledger.BeginReadOfFresh(_random, _plan.SampleOfOld));
        await _output.WriteLineAsync(
            $"round {round}: {victims} killed after {calm} calls, back after {away.TotalSeconds:0.0} s; {_report.Line}");
    }
}
