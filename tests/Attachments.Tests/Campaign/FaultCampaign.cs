using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit.Chaos;

namespace OrthancCloudFs.Attachments.Tests.Campaign;

/// <summary>
/// Clients work side by side on a store whose bucket does anything that a bucket may do, while the store is closed and opened again, and
/// compare every outcome with what they know. Then the faults end, and the bucket is compared with what was acknowledged.
/// </summary>
internal sealed class FaultCampaign(FaultCampaignSetup setup)
{
    /// <summary>Time passes faster than clients work, so that what waits for its next try is tried while they do.</summary>
    private static readonly TimeSpan TimePerStep = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _steps = new(FaultCampaignSetup.Clients);
    private StoreHarness? _harness;
    private int _started;

    public ChaosReport Report { get; } = new();

    /// <summary>Of all clients: whether one more operation is wanted.</summary>
    public bool TryStart() => Interlocked.Increment(ref _started) <= setup.Operations;

    /// <summary>Does what must not be interrupted by a restart.</summary>
    public async Task StepAsync(Func<AttachmentStore, Task> step)
    {
        await _steps.WaitAsync();
        try
        {
            _harness!.Clock.Advance(TimePerStep);
            await step(_harness.Store);
        }
        finally
        {
            _steps.Release();
        }
    }

    /// <summary>True while it waits in the journal.</summary>
    public bool IsInJournal(AttachmentId id) => _harness!.Journal?.Find(id) is not null;

    /// <summary>
    /// True while the bucket is not listed yet. Until then only a look-up, which the kernel makes before it creates a file, tells that the
    /// bucket has a name; later the store knows it by itself.
    /// </summary>
    public bool NeedsLookUp(AttachmentStore store) => _harness!.Journal is { Accepts: true } && !store.KnowsAllNames;

    /// <summary>True when the journal accepts objects, and has no room for this one.</summary>
    public bool IsJournalTooFullFor(int length) =>
        _harness!.Journal is { Accepts: true, Counters: var counters } && length > counters.MaxBytes - counters.Bytes;

    /// <summary>Runs it. What it found is in <see cref="Report"/>.</summary>
    /// <returns>What the bucket did.</returns>
    public async Task<ChaosBucket> RunAsync()
    {
        await using StoreHarness harness = setup.Open(out ChaosBucket chaos);
        _harness = harness;
        FaultCampaignClient[] clients =
            [.. Enumerable.Range(0, FaultCampaignSetup.Clients).Select(i => new FaultCampaignClient(this, i, new Random((setup.Seed * 1000) + i)))];
        Task restarts = RestartAsync(new Random(setup.Seed));
        await Task.WhenAll(clients.Select(client => Task.Run(client.RunAsync)));
        await restarts;

        chaos.Calm();
        await harness.SettleAsync();
        RequireEmptyJournal(harness);
        foreach (FaultCampaignClient client in clients)
            await client.VerifyAsync(harness.Store);
        await CompareAsync(harness, [.. clients.SelectMany(client => client.Acknowledged).Select(name => harness.Layout.UsualKey(name.Key))]);
        return chaos;
    }

    /// <summary>At random moments; commits may be under way, which are then known to have failed.</summary>
    private async Task RestartAsync(Random random)
    {
        int[] moments = [.. Enumerable.Range(0, setup.Restarts).Select(_ => random.Next(setup.Operations)).Order()];
        foreach (int moment in moments)
        {
            while (Volatile.Read(ref _started) < moment)
                await Task.Delay(1);
            for (int i = 0; i < FaultCampaignSetup.Clients; i++)
                await _steps.WaitAsync();
            if (setup.Journal)
                _harness!.Setup = _harness.Setup with { Journal = FaultCampaignSetup.JournalOptions with { Accepts = random.Next(4) > 0 } };
            await _harness!.RestartAsync(TimeSpan.FromSeconds(random.Next(60)));
            Report.Ended("restart", ChaosReport.Done);
            _steps.Release(FaultCampaignSetup.Clients);
        }
    }

    /// <summary>Everything was uploaded, and what is read from now on is read from the bucket.</summary>
    private void RequireEmptyJournal(StoreHarness harness)
    {
        if (harness.Journal is not { Counters: var counters })
            return;
        if (counters is not { Uploads: 0, Bytes: 0 })
            Report.Lie($"the journal is not empty in the end: {counters}");
        foreach (long number in ObjectFile.NumbersIn(harness.JournalPath))
            Report.Lie($"object {number} was left in the journal's folder");
    }

    private async Task CompareAsync(StoreHarness harness, HashSet<string> acknowledged)
    {
        string? page = null;
        var stored = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            ListPage found = await harness.Objects.ListAsync("", null, page, 1000, default);
            stored.UnionWith(found.Objects.Select(item => item.Key));
            page = found.NextPageToken;
        }
        while (page is not null);
        foreach (string key in stored.Except(acknowledged, StringComparer.Ordinal))
            Report.Lie($"{key}: it is in the bucket, and was not acknowledged, or was deleted");
        foreach (string key in acknowledged.Except(stored, StringComparer.Ordinal))
            Report.Lie($"{key}: it was acknowledged, and is not in the bucket");
        if (harness.Objects.Uploads > 0)
            Report.Lie($"{harness.Objects.Uploads} uploads in parts were left in the bucket");
    }
}
