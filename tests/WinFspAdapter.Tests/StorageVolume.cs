using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.Tree;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>What a test wants of its volume.</summary>
[SupportedOSPlatform("windows")]
internal sealed record VolumeSetup
{
    /// <summary>A bucket in memory when null.</summary>
    public IBucket? Bucket { get; init; }

    /// <summary>What stands before the faults; nothing when null.</summary>
    public Func<IBucket, IBucket>? Wrap { get; init; }

    public RetryOptions Retries { get; init; } = StorageVolume.QuickRetries;

    public AttachmentStoreOptions Options { get; init; } = new() { DeletePatience = TimeSpan.FromSeconds(1), GrowthPatience = TimeSpan.FromSeconds(2) };

    public byte[] Key { get; init; } = RandomNumberGenerator.GetBytes(32);

    public long StagingBytes { get; init; } = 64L << 20;

    public bool ReadOnly { get; init; }

    /// <summary>New objects are acknowledged by the journal, not by the bucket.</summary>
    public bool JournalMode { get; init; }

    public int DispatcherThreads { get; init; } = 8;

    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// The production adapter as a volume of the WinFsp stub, in this process, with the real store and real encryption over a bucket at whose
/// boundary faults can be injected. It proves the binary interface, the threads and the life cycle; nothing of the real driver, of Explorer, or
/// of Windows' cache.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class StorageVolume : IAsyncDisposable
{
    private readonly MovableClock _clock = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("winfsp-test-").FullName;
    private readonly MasterKeyRing _keys;
    private readonly StagingMemory _staging;
    private readonly PendingDeletes _deletes;
    private readonly WinFspVolume _volume;

    private StorageVolume(VolumeSetup setup)
    {
        _keys = new MasterKeyRing(new MasterKey(1, setup.Key), []);
        MountPoint = Path.Combine(_folder, "mount");
        UnderlayDirectory = Directory.CreateDirectory(Path.Combine(_folder, "underlay")).FullName;
        Objects = setup.Bucket ?? new MemoryBucket();
        Faults = new FaultyBucket(Objects);
        IBucket attempts = setup.Wrap?.Invoke(Faults) ?? Faults;
        var retrying = new RetryingBucket(attempts, setup.Retries, NullLogger<RetryingBucket>.Instance);
        Envelope = new A1Envelope(_keys, CipherBackends.Choose());
        string state = Path.Combine(_folder, "state");
        _deletes = PendingDeletes.OpenIdle(state, attempts, Envelope.HeaderLength, NullLogger.Instance, _clock);
        var targets = new UploadTargets(retrying, attempts, _deletes, Envelope.HeaderLength);
        var journal = new UploadJournalOptions { Accepts = setup.JournalMode };
        Journal = UploadJournal.OpenAsync(Path.Combine(state, "uploads"), journal, targets, NullLogger.Instance, _clock).GetAwaiter().GetResult();
        _deletes.Start();
        _staging = new StagingMemory(setup.StagingBytes);
        AttachmentStoreOptions options = setup.Options with { MayCloseUnheard = true };
        Store = new AttachmentStore(
            retrying, new LegacyLayout(""), new ObjectForm(Envelope, allowPlainObjects: false), _staging, _deletes, options, NullLogger.Instance, Journal);
        FileSystem = new StorageFileSystem(
            new AttachmentTree(Store),
            new StorageFileSystemOptions
            {
                UnderlayDirectory = UnderlayDirectory,
                Label = "Orthanc",
                SecurityDescriptor = SecurityDescriptor,
                ReadOnly = setup.ReadOnly,
                OperationDeadline = setup.OperationDeadline,
            },
            NullLogger.Instance);
        _volume = WinFspVolume.Mount(
            MountPoint,
            FileSystem,
            new WinFspVolumeOptions { FileSystemName = "OrthancCloudFs", DispatcherThreads = setup.DispatcherThreads });
    }

    public static RetryOptions QuickRetries { get; } = new() { MaxRetries = 3, TotalTimeout = TimeSpan.FromSeconds(3), BaseDelay = TimeSpan.FromMilliseconds(10) };

    /// <summary>For what is stalled on purpose, on a machine that may be slow.</summary>
    public static RetryOptions PatientRetries { get; } = new() { TotalTimeout = TimeSpan.FromMinutes(2) };

    /// <summary>Twenty bytes of a self-relative descriptor without owner, group and lists: its content does not matter here.</summary>
    public static byte[] SecurityDescriptor { get; } = [1, 0, 0, 0x80, .. new byte[16]];

    public string MountPoint { get; }

    public string UnderlayDirectory { get; }

    public IBucket Objects { get; }

    public FaultyBucket Faults { get; }

    public IEnvelope Envelope { get; }

    public AttachmentStore Store { get; }

    public UploadJournal Journal { get; }

    public PendingDeletes Deletes => _deletes;

    public StorageFileSystem FileSystem { get; }

    public int PendingRequests => _volume.PendingRequests;

    public Task<bool> Completion => _volume.Completion;

    public static StorageVolume Mount(VolumeSetup? setup = null) => new(setup ?? new VolumeSetup());

    public static string NewName() => Guid.NewGuid().ToString();

    /// <summary>The path of an attachment in the volume.</summary>
    public static string PathOf(string uuid) => $@"\{uuid[..2]}\{uuid[2..4]}\{uuid}";

    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public StubFile Open(string path, Access access = Access.Read, Disposition disposition = Disposition.Open) =>
        StubFile.Open(MountPoint, path, disposition, access);

    public StubFile Create(string path) => StubFile.Open(MountPoint, path, Disposition.CreateAlways, Access.Read | Access.Write);

    /// <summary>As Orthanc stores: created, written in blocks of 4 KiB, flushed, closed.</summary>
    public void StoreAttachment(string uuid, byte[] content)
    {
        using StubFile file = Create(PathOf(uuid));
        file.WriteAll(content);
        file.Flush();
    }

    public byte[] Read(string uuid)
    {
        using StubFile file = Open(PathOf(uuid));
        return file.ReadAll();
    }

    /// <summary>The object's key in the bucket, and its bytes as they lie there.</summary>
    public async Task<byte[]> ObjectAsync(string uuid)
    {
        ListPage page = await Objects.ListAsync("", null, null, 1000, default);
        ObjectInfo found = Assert.Single(page.Objects, found => found.Key.Contains(uuid, StringComparison.Ordinal));
        var target = new BytesTarget();
        await Objects.GetAsync(found.Key, new GetOptions(), target, default);
        return target.ToArray();
    }

    public async Task<int> CountObjectsAsync() => (await Objects.ListAsync("", null, null, 1000, default)).Objects.Count;

    /// <summary>What Explorer shows of the volume.</summary>
    public unsafe VolumeInformation GetInformation()
    {
        VolumeInformation information;
        Assert.Equal(NtStatus.Success, StubDriver.StubVolumeInfo(MountPoint, &information));
        return information;
    }

    /// <summary>Until the bucket has confirmed all deletes, those among them that are done once more after a while included.</summary>
    public Task DeletedAsync() => EventuallyAsync(
        () =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            _deletes.RetryNow();
            return _deletes.Count == 0;
        },
        "every delete is confirmed");

    /// <summary>Until the journal has uploaded everything.</summary>
    public Task UploadedAsync() => EventuallyAsync(
        () =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Journal.RetryNow();
            return Journal.Counters.Uploads == 0;
        },
        "everything is uploaded");

    /// <summary>Does what waits for the driver on a thread of its own: the pool's are for the store, and come slowly.</summary>
    public static Task<T> OnThread<T>(Func<T> action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Forgets what was read or stored, so that the next read asks the bucket.</summary>
    public async Task EvictAsync()
    {
        AttachmentStoreCounters counters = Store.Counters;
        long all = counters.StagingCapacity - (counters.StagingReserved - counters.StagingClean);
        await _staging.ReserveAsync(all, ReservationPriority.Queue, default);
        _staging.Release(all);
    }

    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(90), $"still not so: {what}");
            await Task.Delay(50);
        }
    }

    /// <summary>Takes the volume away; what is open is dead.</summary>
    public ValueTask UnmountAsync() => _volume.DisposeAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _volume.DisposeAsync();
        await Store.DisposeAsync();
        await Journal.DisposeAsync();
        await _deletes.DisposeAsync();
        _staging.Dispose();
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
