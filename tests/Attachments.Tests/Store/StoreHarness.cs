using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>What differs between tests of the store.</summary>
internal sealed record StoreSetup
{
    /// <summary>Bytes of one write of the kernel, where <see cref="StreamingIntoJournal"/> or alike is set up.</summary>
    public const int PieceLength = 128 << 10;

    /// <summary>With a journal, and a writer's share so small that files are uploaded in parts while they are written.</summary>
    public static StoreSetup StreamingIntoJournal { get; } = new()
    {
        Memory = 8 << 20,
        Journal = new UploadJournalOptions { Accepts = true },
        Options = new AttachmentStoreOptions
        {
            DeletePatience = TimeSpan.FromMilliseconds(200),
            PartBytes = 256 << 10,
            LargestWriterShare = 1 << 20,
            LargestWrite = PieceLength,
        },
    };

    public bool Flat { get; init; }

    public bool Encrypted { get; init; } = true;

    public bool AllowPlain { get; init; }

    public long Memory { get; init; } = 4 << 20;

    /// <summary>Of the bucket; more than one: it has a request for several deletes.</summary>
    public int KeysPerDelete { get; init; } = 1;

    public AttachmentStoreOptions Options { get; init; } = new() { DeletePatience = TimeSpan.FromMilliseconds(200) };

    /// <summary>How the journal of uploads behaves; none when null.</summary>
    public UploadJournalOptions? Journal { get; init; }

    /// <summary>What stands between the store and the faults; nothing when null.</summary>
    public Func<IBucket, IBucket>? Wrap { get; init; }

    /// <summary>What stands before that for the store alone, and not for deletes in the background; nothing when null.</summary>
    public Func<IBucket, IBucket>? Retry { get; init; }
}

/// <summary>
/// A store with real encryption over a bucket in memory whose faults are injected. Disposal lets everything go on, closes the store and
/// fails the test unless every byte of staging memory came back.
/// </summary>
internal sealed class StoreHarness : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("store-test-");
    private readonly MasterKeyRing _keys = Ring(1);

    public StoreHarness(StoreSetup? setup = null)
    {
        Setup = setup ?? new StoreSetup();
        Objects = new MemoryBucket { MaxKeysPerDelete = Setup.KeysPerDelete };
        Faults = new FaultyBucket(Objects);
        Bucket = Setup.Wrap?.Invoke(Faults) ?? Faults;
        Layout = Setup.Flat ? new FlatLayout("", Setup.Encrypted) : new LegacyLayout("");
        Envelope = Setup.Encrypted ? new A1Envelope(_keys, CipherBackends.Choose()) : new PlainEnvelope();
        Memory = new StagingMemory(Setup.Memory);
        Open(NullLogger.Instance);
    }

    public StoreSetup Setup { get; set; }

    public MemoryBucket Objects { get; }

    public FaultyBucket Faults { get; }

    public IBucket Bucket { get; }

    public KeyLayout Layout { get; }

    public IEnvelope Envelope { get; }

    public StagingMemory Memory { get; }

    public MovableClock Clock { get; } = new();

    public PendingDeletes Pending { get; private set; }

    public UploadJournal? Journal { get; private set; }

    public AttachmentStore Store { get; private set; }

    public string StatePath => _state.FullName;

    public string JournalPath => Path.Combine(StatePath, "uploads");

    public static MasterKeyRing Ring(byte id) => new(new MasterKey(id, Enumerable.Repeat(id, 32).ToArray()), []);

    /// <summary>For <see cref="StoreSetup.Wrap"/>: tries what failed once more.</summary>
    public static IBucket OneRetry(IBucket inner) => new RetryingBucket(
        inner, new RetryOptions { MaxRetries = 1, BaseDelay = TimeSpan.FromMilliseconds(1) }, NullLogger<RetryingBucket>.Instance);

    public static AttachmentId NewId()
    {
        Assert.True(AttachmentId.TryParse(Guid.NewGuid().ToString(), out AttachmentId id));
        return id;
    }

    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void Write(AttachmentWriter writer, ReadOnlySpan<byte> content, long offset = 0) =>
        Assert.True(writer.TryWrite(offset, content));

    /// <summary>In writes as the kernel sends them, each of which waits for its room.</summary>
    public static async Task WriteInPiecesAsync(
        AttachmentWriter writer, ReadOnlyMemory<byte> content, long offset = 0, Action? written = null)
    {
        for (int done = 0; done < content.Length; done += StoreSetup.PieceLength)
        {
            ReadOnlyMemory<byte> piece = content.Slice(done, Math.Min(StoreSetup.PieceLength, content.Length - done));
            while (!writer.TryWrite(offset + done, piece.Span))
                await writer.WaitForRoomAsync(offset + done, piece.Length, default);
            written?.Invoke();
        }
    }

    public static byte[] ReadAll(OpenAttachment open)
    {
        var segments = new ReadOnlyMemory<byte>[OpenAttachment.MaxSegments((int)open.Info.Length)];
        int count = open.GetSegments(0, (int)open.Info.Length, segments);
        return [.. segments.Take(count).SelectMany(segment => segment.ToArray())];
    }

    /// <summary>Waits for something that happens in the background.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"still not so: {what}");
            await Task.Delay(5);
        }
    }

    public static async Task<AttachmentException> FailsAsync(AttachmentError expected, Func<Task> action)
    {
        AttachmentException failure = await Assert.ThrowsAsync<AttachmentException>(action);
        Assert.Equal(expected, failure.Error);
        return failure;
    }

    public async Task<AttachmentInfo> StoreAsync(byte[] content, AttachmentId? id = null)
    {
        AttachmentWriter writer = await Store.CreateAsync(id ?? NewId(), default);
        Write(writer, content);
        return await writer.CommitAsync(default);
    }

    public async Task<byte[]> ReadAsync(AttachmentInfo info)
    {
        using OpenAttachment open = await Store.OpenAsync(info, default);
        return ReadAll(open);
    }

    /// <summary>Puts what another program would have put.</summary>
    public Task PutRawAsync(string key, byte[] content) => Objects.PutAsync(key, new BytesSource(content), new PutOptions(), default);

    /// <summary>The bytes of an object as they lie in the bucket; null when there is none.</summary>
    public async Task<byte[]?> RawAsync(string key)
    {
        var target = new BytesTarget();
        return await Objects.GetAsync(key, default, target, default) ? target.ToArray() : null;
    }

    /// <summary>The content of an object as it lies in the bucket, opened as a whole.</summary>
    public async Task<byte[]> PlainAsync(string key)
    {
        byte[] stored = await RawAsync(key) ?? throw new InvalidOperationException($"{key} is not in the bucket");
        Memory<byte> content = stored.AsMemory(Envelope.HeaderLength..^Envelope.TrailerLength);
        Envelope.Open(stored.AsSpan(0, Envelope.HeaderLength), [content], stored.AsSpan(stored.Length - Envelope.TrailerLength));
        return content.ToArray();
    }

    /// <summary>Waits until the journal is empty.</summary>
    public async Task UploadedAsync()
    {
        await EventuallyAsync(() => Journal!.Counters is var counters && counters.Uploads == counters.Stuck, "everything is uploaded");
        Assert.Equal(0, Journal!.Counters.Uploads);
    }

    /// <summary>Waits until names that the bucket does not have are known as such.</summary>
    public Task ListedAsync() => EventuallyAsync(() => Store.KnowsAllNames, "the names of the bucket are known");

    /// <summary>Waits until the bucket has confirmed every delete.</summary>
    public Task DeletedAsync() => EventuallyAsync(() => Pending.Count == 0, "deletes are confirmed");

    /// <summary>Drops everything that nobody has open, as pressure on the memory does.</summary>
    public async Task EvictAsync()
    {
        await EventuallyAsync(() => HoldsOnlyCleanContent, "downloads that nobody waits for have ended");
        long all = Memory.Capacity - Store.ReservedForNames;
        await Memory.ReserveAsync(all, ReservationPriority.Queue, default);
        Memory.Release(all);
    }

    /// <summary>Closes the program and starts it again on the same bucket and state directory, at a later time.</summary>
    public async Task RestartAsync(TimeSpan later = default, Action? meanwhile = null)
    {
        await StopAsync();
        meanwhile?.Invoke();
        Clock.Offset += later;
        Open(NullLogger.Instance);
    }

    /// <summary>Starts what was stopped.</summary>
    public void Start(ILogger logger) => Open(logger);

    /// <summary>Restarts long after every delay of the pending deletes and waits until none is left.</summary>
    public async Task SettleAsync()
    {
        Faults.Heal();
        await RestartAsync(TimeSpan.FromHours(1));
        if (Journal is not null)
            await UploadedAsync();
        await DeletedAsync();
        Assert.Empty(Pending.Written);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Memory.Dispose();
        _keys.Dispose();
        _state.Delete(recursive: true);
    }

    /// <summary>Closes the program; faults end first, or stay.</summary>
    public async Task StopAsync(bool heal = true)
    {
        if (heal)
            Faults.Heal();
        await Store.DisposeAsync();
        await EventuallyAsync(() => HoldsOnlyCleanContent, "only clean content is held after everything was closed");
        await Store.DisposeAsync();
        if (Journal is not null)
            await Journal.DisposeAsync();
        await Pending.DisposeAsync();
        Assert.Equal(0, Memory.Reserved);
        Assert.Equal(0, Memory.Waiting);
        Assert.Equal(0, Store.Counters.StagingClean);
        Assert.Equal(0, Store.Counters.OpenWriters);
        Assert.Equal(0, Store.Counters.OpenReaders);
    }

    private bool HoldsOnlyCleanContent =>
        Store.Counters.StagingReserved - Store.ReservedForNames == Store.Counters.StagingClean;

    [MemberNotNull(nameof(Pending), nameof(Store))]
    private void Open(ILogger logger)
    {
        IBucket retrying = Setup.Retry?.Invoke(Bucket) ?? Bucket;
        Pending = PendingDeletes.OpenIdle(StatePath, Bucket, Envelope.HeaderLength, logger, Clock);
        if (Setup.Journal is { } options)
        {
            var targets = new UploadTargets(retrying, Bucket, Pending, Envelope.HeaderLength);
            Journal = UploadJournal.OpenAsync(JournalPath, options, targets, logger, Clock).GetAwaiter().GetResult();
        }

        Pending.Start();
        Store = new AttachmentStore(
            retrying,
            Layout,
            new ObjectForm(Envelope, Setup.AllowPlain),
            Memory,
            Pending,
            Setup.Options,
            logger,
            Journal);
    }
}
