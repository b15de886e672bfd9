using OrthancCloudFs.Benchmarks.Clients;
using OrthancCloudFs.Benchmarks.Serving;

namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>Stores with other numbers of reader threads and background requests than the defaults.</summary>
internal static class KnobBench
{
    private static readonly FileCase[] Loads =
    [
        new("130 KB", 130 << 10, 160, 4), new("512 KB", 512 << 10, 80, 4), new("16 MB", 16 << 20, 8, 4),
    ];

    private static readonly (int ReaderThreads, int MaxBackground)[] Knobs = [(2, 16), (1, 16), (4, 16), (2, 8), (2, 32)];

    public static async Task RunAsync(int rounds, CancellationToken cancellationToken)
    {
        var servers = new List<ServerProcess>();
        try
        {
            foreach ((int readerThreads, int maxBackground) in Knobs)
                servers.Add(await ServerProcess.StartAsync("--reader-threads", $"{readerThreads}", "--max-background", $"{maxBackground}").ConfigureAwait(false));
            Run(rounds, servers, cancellationToken);
        }
        finally
        {
            foreach (ServerProcess server in servers)
                await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static void Run(int rounds, List<ServerProcess> servers, CancellationToken cancellationToken)
    {
        var table = new Table(
            "Stores per second with 4 clients; ratio to the first line",
            ["ReaderThreads", "MaxBackground", .. Loads.SelectMany(static load => new[] { load.SizeName, "ratio" })]);
        OrthancStorage[] storages = [.. servers.Select(static server => new OrthancStorage(server.PathOf(ServeCommand.StoreMount)))];
        Samples[][] rates = [.. Loads.Select(load => Measure(rounds, load, storages, cancellationToken))];
        for (int i = 0; i < Knobs.Length; i++)
        {
            string[] knobs = [$"{Knobs[i].ReaderThreads}", $"{Knobs[i].MaxBackground}"];
            table.Add([.. knobs, .. rates.SelectMany(load => new[] { Table.Rate(load[i].Median), Table.Ratio(load[i].RatioTo(load[0])) })]);
        }

        table.Print();
    }

    private static Samples[] Measure(int rounds, FileCase load, OrthancStorage[] storages, CancellationToken cancellationToken)
    {
        byte[] content = SampleContent.Create(load.Length);
        Samples[] rates = [.. storages.Select(static _ => new Samples())];
        for (int round = 0; round <= rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int i = 0; i < storages.Length; i++)
            {
                OrthancStorage storage = storages[i];
                string[] uuids = [.. Enumerable.Range(0, load.Files).Select(static _ => Guid.NewGuid().ToString())];
                TimeSpan time = ParallelClients.Run(load.Clients, uuids, (_, uuid) => storage.Store(uuid, content));
                if (round > 0)
                    rates[i].Add(load.Files / time.TotalSeconds);
                _ = ParallelClients.Run(load.Clients, uuids, (_, uuid) => storage.Delete(uuid));
            }
        }

        return rates;
    }
}
