using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit.Chaos;

namespace OrthancCloudFs.WinFspAdapter.Tests.Model;

/// <summary>
/// Adapter against a WinFsp stub under Wine: programs on 16 threads of their own, a driver with 16 native threads, and a bucket that does anything
/// that a bucket may do, against a model of what was acknowledged. On Linux the store passes the same (FaultCampaignTests in Attachments.Tests).
/// </summary>
[SupportedOSPlatform("windows")]
public sealed class ReferenceModelTests(ITestOutputHelper output)
{
    private const string OperationsVariable = "ORTHANC_CLOUDFS_FAULT_OPERATIONS";
    private const string SeedVariable = "ORTHANC_CLOUDFS_MODEL_SEED";
    private const int Threads = 16;

    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Everything that the model may be told of an operation that failed. Windows' programs know all of them.</summary>
    private static readonly string[] KnownFailures =
    [
        "SharingViolation", "ObjectNameCollision", "AccessDenied", "IoTimeout", "IoDeviceError", "CrcError", "DiskFull",
    ];

    [Theory]
    [InlineData("Through")]
    [InlineData("Journal")]
    public async Task Under_every_fault_the_volume_never_lies(string writeMode)
    {
        int operations = ReadNumber(OperationsVariable) ?? 10_000;
        int seed = ReadNumber(SeedVariable) ?? Random.Shared.Next(1_000_000);
        ChaosBucket? chaos = null;
        var setup = new VolumeSetup
        {
            DispatcherThreads = Threads,
            StagingBytes = 8 << 20,
            JournalMode = writeMode == "Journal",
            Wrap = bucket => chaos = new ChaosBucket(bucket, seed, Stall, Pause),
            Retries = new RetryOptions { MaxRetries = 3, BaseDelay = Pause, MaxDelay = Pause * 20, TotalTimeout = Stall * 2.5 },
            Options = new AttachmentStoreOptions
            {
                DeletePatience = Pause * 10,
                GrowthPatience = TimeSpan.FromSeconds(1) + (Stall * 2),
                OutcomePatience = Stall * 2,
                WriterShareDivisor = 16,
                PartBytes = 128 << 10,
                LargestWrite = 64 << 10,
            },
        };
        await using StorageVolume volume = StorageVolume.Mount(setup);
        var report = new ChaosReport();
        int started = 0;
        bool IsWanted() => Interlocked.Increment(ref started) <= operations;
        ModelClient[] clients =
            [.. Enumerable.Range(0, Threads).Select(i => new ModelClient(volume, report, IsWanted, i, new Random((seed * 100) + i)))];
        long start = Stopwatch.GetTimestamp();

        await Task.WhenAll(clients.Select(client => StorageVolume.OnThread(client.Run)));

        TimeSpan took = Stopwatch.GetElapsedTime(start);
        chaos!.Calm();
        await volume.UploadedAsync();
        await volume.DeletedAsync();
        await volume.EvictAsync();
        foreach (ModelClient client in clients)
            client.Verify();
        int stored = await volume.CountObjectsAsync(), acknowledged = clients.Sum(client => client.Acknowledged);
        if (stored != acknowledged)
            report.Lie($"the bucket has {stored} objects, and {acknowledged} are acknowledged and not deleted");

        output.WriteLine($"{SeedVariable}={seed}, {writeMode}: {report.Operations} operations by {Threads} threads in {took.TotalSeconds:0} s, {chaos.Requests} requests");
        output.WriteLine("requests   " + string.Join(", ", chaos.Faults.OrderBy(fault => fault.Key).Select(fault => $"{fault.Key} {fault.Value}")));
        foreach (string line in report.Lines().Concat(report.Lies))
            output.WriteLine(line);
        Assert.Empty(report.Lies);
        Assert.Equal(operations, report.Operations);
        Assert.Empty(report.Outcomes.Except(KnownFailures, StringComparer.Ordinal).Except([ChaosReport.Done], StringComparer.Ordinal));
        Assert.Equal(0, volume.FileSystem.OpenItems);

        // It has seen what it is for.
        Assert.All(Enum.GetValues<ChaosFault>(), fault => Assert.True(chaos.Faults.GetValueOrDefault(fault) > 0, $"no {fault}"));
        Assert.All(ModelClient.Kinds, kind => Assert.True(report.Count(kind, ChaosReport.Done) > 0, $"no {kind}"));
        Assert.True(report.Count(ModelClient.Overwrite, "AccessDenied") > 0, "no overwrite was refused");
    }

    private static int? ReadNumber(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
