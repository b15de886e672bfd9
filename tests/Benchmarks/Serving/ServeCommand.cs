using System.CommandLine;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using FuseServer;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.FuseAdapter;

namespace OrthancCloudFs.Benchmarks.Serving;

/// <summary>
/// The hidden half of the benchmark: a process of its own, so that clients and server share no runtime. Mounts three times over one bucket
/// in memory: what one mount has stored, the other two have never seen, and read for the first time.
/// </summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    /// <summary>Where files are stored and deleted.</summary>
    public const string StoreMount = "store";

    /// <summary>Reads with <see cref="ReadMode.Direct"/>.</summary>
    public const string DirectMount = "direct";

    /// <summary>Reads with <see cref="ReadMode.PageCache"/>.</summary>
    public const string PageCacheMount = "page-cache";

    private const long StagingBytes = 256L << 20;

    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "An empty folder for the mount points; removed at the end" };
        var readerThreads = new Option<int>("--reader-threads") { DefaultValueFactory = _ => new FuseOptions().ReaderThreads };
        var maxBackground = new Option<int>("--max-background") { DefaultValueFactory = _ => new FuseOptions().MaxBackground };
        var command = new Command(Name, "Serves mounts to the benchmark: answers each line of standard input with its counters, ends with it.")
        {
            folder, readerThreads, maxBackground,
        };
        command.Hidden = true;
        command.SetAction((parsed, _) => ServeAsync(
            parsed.GetValue(folder)!,
            new FuseOptions { ReaderThreads = parsed.GetValue(readerThreads), MaxBackground = parsed.GetValue(maxBackground) }));
        return command;
    }

    private static async Task ServeAsync(string folder, FuseOptions fuseOptions)
    {
        // Signals to the whole process group are for the benchmark; it closes this process's input, and the mounts end in order.
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static context => context.Cancel = true);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        var bucket = new MemoryBucket();
        using var keys = new MasterKeyRing(new MasterKey(1, RandomNumberGenerator.GetBytes(32)), []);
        var envelope = new A1Envelope(keys, CipherBackends.Choose());
        var mounts = new Dictionary<string, ServedMount>(StringComparer.Ordinal);
        try
        {
            foreach ((string name, ReadMode readMode) in
                new[] { (StoreMount, ReadMode.Direct), (DirectMount, ReadMode.Direct), (PageCacheMount, ReadMode.PageCache) })
            {
                mounts.Add(name, new ServedMount(Path.Combine(folder, name), bucket, envelope, readMode, fuseOptions, StagingBytes));
            }

            do
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(CountersOf(mounts), ServerJson.Default.ServerCounters)).ConfigureAwait(false);
            while (await Console.In.ReadLineAsync().ConfigureAwait(false) is not null);
        }
        finally
        {
            foreach (ServedMount mount in mounts.Values)
                await mount.DisposeAsync().ConfigureAwait(false);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ServerCounters CountersOf(Dictionary<string, ServedMount> mounts) => new(
        GC.GetTotalAllocatedBytes(precise: true),
        Environment.CpuUsage.TotalTime.TotalSeconds,
        mounts.ToDictionary(mount => mount.Key, mount => mount.Value.Counters, StringComparer.Ordinal));
}
