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
    private readonly SemaphoreSlim _steps = new(FaultCampaignSetup.Clients);
    private StoreHarness? _harness;
    private int _started;

    public FaultCampaignReport Report { get; } = new();

    /// <summary>Of all clients: whether one more operation is wanted.</summary>
    public bool TryStart() => Interlocked.Increment(ref _started) <= setup.Operations;

    /// <summary>Does what must not be interrupted by a restart.</summary>
    public async Task StepAsync(Func<AttachmentStore, Task> step)
    {
        await _steps.WaitAsync();
        try
        {
            await step(_harness!.Store);
        }
        finally
        {
            _steps.Release();
        }
    }

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
            await _harness!.RestartAsync(TimeSpan.FromSeconds(random.Next(60)));
            Report.Ended("restart", "done");
            _steps.Release(FaultCampaignSetup.Clients);
        }
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
