using System.Diagnostics;
using OrthancCloudFs.Campaigns.Load;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.Campaigns.Outage;

/// <summary>
/// Clients that store, read and delete through Orthanc at a bounded rate. Whatever is refused is a finding, with one exception: what is only in
/// the bucket cannot be read while that is away, and one client more tries just that.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly Ledger _ledger;
    private readonly OutageReport _report;
    private readonly RecordedCalls _calls;
    private readonly DicomFactory _dicom;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _clients;
    private volatile Victims _away;

    public SteadyLoad(OutagePlan plan, OrthancRest rest, Ledger ledger, OutageReport report)
    {
        (_ledger, _report) = (ledger, report);
        _calls = new RecordedCalls(rest, ledger, report);
        _dicom = new DicomFactory(plan.Seed);
        _interval = TimeSpan.FromSeconds(plan.Clients / plan.CallsPerSecond);
        _clients =
        [
            .. Enumerable.Range(1, plan.Clients).Select(client => RunAsync(unchecked(plan.Seed + client), CallAsync)),
            RunAsync(plan.Seed, ReadFromBucketAsync),
        ];
    }

    /// <summary>What is stored from now on cannot come from the bucket.</summary>
    public void BucketIsAway() => _away = Victims.Gateway;

    /// <summary>Ends all clients, each after the answer to its last request.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    /// <summary>Mostly 2 to 130 KB, some of 512 KiB, few of 4 MB, and now and then one of 20 to 30 MB.</summary>
    private static int RandomLength(Random random) => random.Next(1000) switch
    {
        < 15 => 20_000_000 + (2 * random.Next(5_000_000)),
        < 45 => 4_000_000,
        < 150 => 512 * 1024,
        _ => 2048 + (2 * random.Next(64_000)),
    };

    /// <summary>One call after the other, with pauses that keep to the rate; a slow answer is not made up for.</summary>
    private Task RunAsync(int seed, Func<Random, Task> call) => Task.Run(async () =>
    {
        var random = new Random(seed);
        while (!_stop.IsCancellationRequested)
        {
            long began = Stopwatch.GetTimestamp();
            TimeSpan turn = _interval * (2 * random.NextDouble());
            await call(random);
            if (turn - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } pause)
                await Task.Delay(pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    });

    private Task CallAsync(Random random) => random.Next(100) switch
    {
        < 40 => StoreAsync(random),
        < 85 => ReadAsync(random),
        _ => DeleteAsync(random),
    };

    private async Task StoreAsync(Random random)
    {
        DicomInstance file = _dicom.Create(RandomLength(random));
        Victims away = _away; // as it begins: a moment before, it may still have reached the bucket
        long began = Stopwatch.GetTimestamp();
        if (await _calls.StoreAsync(file, () => away) is { } refusal)
        {
            _report.AddFinding($"a store of {file.Bytes.Length} bytes was refused after {Stopwatch.GetElapsedTime(began)}: {refusal.Message}");
            return;
        }

        _report.CountBytes(file.Bytes.Length);
        _report.Took("store", Stopwatch.GetElapsedTime(began), file.Bytes.Length);
    }

    private async Task ReadAsync(Random random)
    {
        Victims away = _away;
        if ((away == Victims.None ? _ledger.BeginRead(random) : _ledger.BeginRead(random, away)) is not { } instance)
            return;
        long began = Stopwatch.GetTimestamp();
        if (await _calls.ReadAsync(instance, file => AddDifference(instance, file)) is not { } refusal)
            _report.Took("read", Stopwatch.GetElapsedTime(began), instance.Length);
        else if (instance.Disturbed == Victims.None && _away != Victims.None)
            _report.CountOutOfReach(); // the line was cut in the middle of it
        else
            _report.AddFinding($"{instance} could not be read after {Stopwatch.GetElapsedTime(began)}: {refusal.Message}");
    }

    /// <summary>Reads what was stored before the line was cut.</summary>
    private async Task ReadFromBucketAsync(Random random)
    {
        if (_away == Victims.None || _ledger.BeginRead(random, Victims.None) is not { } instance)
            return;
        if (await _calls.ReadAsync(instance, file => AddDifference(instance, file)) is not null)
            _report.CountOutOfReach();
    }

    private async Task DeleteAsync(Random random)
    {
        if (_ledger.BeginDelete(random) is not { } instance)
            return;
        Victims away = _away;
        long began = Stopwatch.GetTimestamp();
        if (await _calls.DeleteAsync(instance, () => away) is { } refusal)
            _report.AddFinding($"the delete of {instance} was refused after {Stopwatch.GetElapsedTime(began)}: {refusal.Message}");
        else
            _report.Took("delete", Stopwatch.GetElapsedTime(began), instance.Length);
    }

    private void AddDifference(TrackedInstance instance, byte[] file) =>
        _report.AddFinding($"{instance} was read as something else, of {file.Length} bytes");
}
