using OrthancCloudFs.Campaigns.Load;
using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>
/// Clients that store, read and delete through Orthanc without a pause, and write down what they were told. A call that fails is no finding:
/// it was not acknowledged.
/// </summary>
internal sealed class MixedLoad : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(250);

    private readonly CrashPlan _plan;
    private readonly RecordedCalls _calls;
    private readonly Ledger _ledger;
    private readonly Disturbances _disturbances;
    private readonly CrashReport _report;
    private readonly DicomFactory _dicom;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _clients;

    public MixedLoad(CrashPlan plan, int seed, OrthancRest rest, Ledger ledger, Disturbances disturbances, CrashReport report)
    {
        (_plan, _ledger, _disturbances, _report) = (plan, ledger, disturbances, report);
        _calls = new RecordedCalls(rest, ledger, report);
        _dicom = new DicomFactory(seed);
        _clients = [.. Enumerable.Range(1, plan.Clients).Select(client => Task.Run(() => RunAsync(new Random(unchecked(seed + client)))))];
    }

    /// <summary>Ends all clients, each after the answer to its last request.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    /// <summary>Mostly 2 to 130 KB, some of 512 KiB, few of 4 MB, and now and then one that is uploaded in parts.</summary>
    private static int RandomLength(Random random) => random.Next(100) switch
    {
        0 => CrashCampaign.LengthInParts,
        < 3 => 4_000_000,
        < 15 => 512 * 1024,
        _ => 2048 + (2 * random.Next(64_000)),
    };

    private async Task RunAsync(Random random)
    {
        try
        {
            await WorkAsync(random);
        }
        catch (Exception e)
        {
            _report.AddFinding($"a client ended: {e}"); // of the campaign's own making, and it must not pass unseen
        }
    }

    private async Task WorkAsync(Random random)
    {
        bool isDone = true;
        while (!_stop.IsCancellationRequested)
        {
            // While nothing works, hardly any deletes: they would leave nothing of which it is certain that it must be there.
            int dice = random.Next(100);
            int reads = isDone ? 30 : 85;
            int deletes = !isDone ? 1 : _ledger.StoredCount > _plan.Population ? 45 : 15;
            isDone = dice < reads ? await ReadAsync(random)
                : dice < reads + deletes ? await DeleteAsync(random)
                : await StoreAsync(random);
            if (!isDone)
                await Task.Delay(PauseAfterFailure);
        }
    }

    private async Task<bool> StoreAsync(Random random)
    {
        int began = _disturbances.Now;
        return IsDone("store", began, await _calls.StoreAsync(_dicom.Create(RandomLength(random)), () => _disturbances.Since(began)));
    }

    private async Task<bool> ReadAsync(Random random)
    {
        if (_ledger.BeginRead(random) is not { } instance)
            return false;
        int began = _disturbances.Now;
        return IsDone("read", began, await _calls.ReadAsync(instance, OnDifference));

        void OnDifference(byte[] file)
        {
            // Orthanc does not look at what read() returns: of a file whose mount is killed in the middle it delivers the rest as zeros.
            if ((_disturbances.Since(began) & Victims.Mount) != Victims.None)
                _report.CountCutOff();
            else
                _report.AddFinding($"{instance} was read as something else, of {file.Length} bytes");
        }
    }

    private async Task<bool> DeleteAsync(Random random)
    {
        if (_ledger.BeginDelete(random) is not { } instance)
            return false;
        int began = _disturbances.Now;
        return IsDone("delete", began, await _calls.DeleteAsync(instance, () => _disturbances.Since(began)));
    }

    /// <summary>Of a read that is answered with 404, too, Orthanc says only that it could not open the file: the look after the restart tells.</summary>
    private bool IsDone(string call, int began, Exception? refusal)
    {
        if (refusal is not null)
            _report.CountRefused(call, _disturbances.Since(began), refusal);
        return refusal is null;
    }
}
