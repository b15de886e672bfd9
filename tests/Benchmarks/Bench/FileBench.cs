using OrthancCloudFs.Benchmarks.Clients;
using OrthancCloudFs.Benchmarks.Serving;

namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>
/// Stores, reads and deletes files on tmpfs, on the local disk and through the mounts, one after the other in each round. Files that were
/// just written lie in the page cache of tmpfs and disk; the reading mounts have never seen them and fetch and decrypt them first.
/// </summary>
internal sealed class FileBench
{
    /// <summary>The kernel sends RELEASE after close has returned.</summary>
    private static readonly TimeSpan ReleaseDelay = TimeSpan.FromMilliseconds(20);

    private readonly ServerProcess _server;
    private readonly int _rounds;
    private readonly Target _tmpfs;
    private readonly Target _disk;
    private readonly Target _store;
    private readonly Target _direct;
    private readonly Target _pageCache;
    private readonly Table _speeds = new(
        "Files per second; ratios to tmpfs and disk of the same round",
        "operation", "size", "clients", "tmpfs", "disk", "mount", "to tmpfs", "to disk", "CPU ms/file", "heap KB/file");

    private readonly Table _requests = new(
        "Requests per file", "operation", "size", "clients", "kernel", "kernel by kind", "bucket");

    public FileBench(ServerProcess server, string tmpfsFolder, string diskFolder, int rounds)
    {
        (_server, _rounds) = (server, rounds);
        _tmpfs = new Target(tmpfsFolder, null);
        _disk = new Target(diskFolder, null);
        _store = OfMount(ServeCommand.StoreMount);
        _direct = OfMount(ServeCommand.DirectMount);
        _pageCache = OfMount(ServeCommand.PageCacheMount);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The compiler takes its time until it has optimised what is called most.
        _ = await MeasureAsync(FileCase.All[0], cancellationToken).ConfigureAwait(false);
        foreach (FileCase load in FileCase.All)
        {
            foreach (Operation operation in await MeasureAsync(load, cancellationToken).ConfigureAwait(false))
                operation.Report(load, _speeds, _requests);
        }

        _speeds.Print();
        _requests.Print();
    }

    private async Task<Operation[]> MeasureAsync(FileCase load, CancellationToken cancellationToken)
    {
        byte[] content = SampleContent.Create(load.Length);
        byte[][] buffers = [.. Enumerable.Range(0, load.Clients).Select(_ => new byte[load.Length])];
        var store = new Operation("store", [_tmpfs, _disk, _store], (storage, _, uuid) => storage.Store(uuid, content), KeptByBucket: load.Length);
        var readFirst = new Operation("read first", [_tmpfs, _disk, _direct, _pageCache], Read);
        var readAgain = new Operation("read again", [_tmpfs, _disk, _direct, _pageCache], Read);
        var delete = new Operation("delete", [_tmpfs, _disk, _store], (storage, _, uuid) => storage.Delete(uuid));
        Operation[] operations = [store, readFirst, readAgain, delete];

        // The first round warms up: the pages of staging memory, the folders.
        for (int round = 0; round <= _rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string[] uuids = [.. Enumerable.Range(0, load.Files).Select(_ => Guid.NewGuid().ToString())];
            foreach (Operation operation in operations)
                await operation.RunAsync(_server, load, uuids, isCounted: round > 0).ConfigureAwait(false);
        }

        return operations;

        void Read(OrthancStorage storage, int client, string uuid)
        {
            if (storage.Read(uuid, buffers[client]) != load.Length)
                throw new IOException($"{uuid}: its length is wrong");
        }
    }

    private Target OfMount(string name) => new(_server.PathOf(name), name);

    /// <summary>Where files are; <paramref name="Mount"/> is null on other file systems.</summary>
    private sealed record Target(string Folder, string? Mount)
    {
        public OrthancStorage Storage { get; } = new(Folder);
    }

    /// <summary>One operation on its targets; the first two are the references.</summary>
    private sealed record Operation(string Name, Target[] Targets, Action<OrthancStorage, int, string> Work, int KeptByBucket = 0)
    {
        private readonly Samples[] _rates = [.. Targets.Select(_ => new Samples())];
        private readonly MountUsage?[] _usage = [.. Targets.Select(target => target.Mount is { } mount ? new MountUsage(mount) : null)];

        public async Task RunAsync(ServerProcess server, FileCase load, string[] uuids, bool isCounted)
        {
            for (int i = 0; i < Targets.Length; i++)
            {
                Target target = Targets[i];
                ServerCounters before = await server.CountAsync().ConfigureAwait(false);
                TimeSpan time = ParallelClients.Run(load.Clients, uuids, (client, uuid) => Work(target.Storage, client, uuid));
                await Task.Delay(ReleaseDelay).ConfigureAwait(false);
                ServerCounters after = await server.CountAsync().ConfigureAwait(false);
                if (!isCounted)
                    continue;
                _rates[i].Add(uuids.Length / time.TotalSeconds);
                _usage[i]?.Add(before, after, uuids.Length);
            }
        }

        public void Report(FileCase load, Table speeds, Table requests)
        {
            for (int i = 0; i < Targets.Length; i++)
            {
                if (_usage[i] is not { } usage)
                    continue;
                string name = Targets[i].Mount is ServeCommand.StoreMount ? Name : $"{Name}, {Targets[i].Mount}";
                speeds.Add(
                    name,
                    load.SizeName,
                    $"{load.Clients}",
                    Table.Rate(_rates[0].Median),
                    Table.Rate(_rates[1].Median),
                    Table.Rate(_rates[i].Median),
                    Table.Ratio(_rates[i].RatioTo(_rates[0])),
                    Table.Ratio(_rates[i].RatioTo(_rates[1])),
                    usage.ProcessorMilliseconds,
                    usage.AllocatedKilobytes(KeptByBucket));
                requests.Add(name, load.SizeName, $"{load.Clients}", usage.KernelTotal, usage.Kernel, usage.Bucket);
            }
        }
    }
}
