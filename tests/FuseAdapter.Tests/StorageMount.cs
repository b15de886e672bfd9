using System.Security.Cryptography;
using FuseServer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter.Tests;

/// <summary>
/// The real mount of the real tree in this process, over a bucket in memory at whose boundary faults can be injected. Tests call the
/// mounted files from other processes, or from threads of their own, never from the thread pool that serves the mount.
/// </summary>
public sealed class StorageMount : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-test-").FullName;
    private readonly UnderlayFileSystem _underlay;
    private readonly MasterKeyRing _keys;
    private readonly PendingDeletes _pendingDeletes;

    private StorageMount(MountSetup setup)
    {
        MountPoint = Path.Combine(_folder, "mount");
        Directory.CreateDirectory(MountPoint);
        setup.Prepare?.Invoke(MountPoint);
        if (setup.Guarded)
            UnderlayGuard.Place(MountPoint);
        Memory = setup.Bucket ?? new MemoryBucket();
        Bucket = new FaultyBucket(Memory);
        Metered = new MeteredBucket(Bucket);
        IBucket retrying = new RetryingBucket(Metered, setup.Retries, setup.Loggers.CreateLogger<RetryingBucket>());
        _keys = new MasterKeyRing(new MasterKey(1, setup.Key), []);
        var form = new ObjectForm(new A1Envelope(_keys, CipherBackends.Choose()), allowPlainObjects: false);
        KeyLayout layout = setup.Legacy ? new LegacyLayout("") : new FlatLayout("", encrypted: true);
        ILogger logger = setup.Loggers.CreateLogger("store");
        StateDirectory = setup.StateDirectory ?? Path.Combine(_folder, "state");
        _pendingDeletes = PendingDeletes.Open(StateDirectory, Metered, form.Envelope.HeaderLength, logger);
        var fuseOptions = new FuseOptions { AllowOther = true, FileSystemName = "orthanc-cloudfs", OperationDeadline = setup.OperationDeadline };
        Staging = new StagingMemory(setup.StagingBytes);
        Store = new AttachmentStore(retrying, layout, form, Staging, _pendingDeletes, setup.StoreOptions, logger);
        _underlay = UnderlayFileSystem.Open(MountPoint, StorageFileSystem.IsHashDirectoryName);
        FileSystem = new StorageFileSystem(new AttachmentTree(Store), _underlay, setup.FileSystemOptions, logger);
        Session = FuseSession.Mount(MountPoint, FileSystem, fuseOptions, setup.Loggers);
        FileSystem.Notifier = Session.Notifier;
    }

    public string MountPoint { get; }

    public string StateDirectory { get; }

    public MemoryBucket Memory { get; }

    public FaultyBucket Bucket { get; }

    public MeteredBucket Metered { get; }

    public StagingMemory Staging { get; }

    public AttachmentStore Store { get; }

    public StorageFileSystem FileSystem { get; }

    public FuseSession Session { get; }

    public static StorageMount Create(MountSetup? setup = null) => new(setup ?? new MountSetup());

    /// <summary>The path of an attachment in the mount.</summary>
    public string PathOf(string uuid) => Path.Combine(MountPoint, uuid[..2], uuid[2..4], uuid);

    /// <summary>Ends the mount, so that what lies beneath can be seen.</summary>
    public ValueTask UnmountAsync() => Session.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Store.DisposeAsync();
        await _pendingDeletes.DisposeAsync();
        Staging.Dispose();
        _underlay.Dispose();
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>What a test wants of its mount.</summary>
public sealed record MountSetup
{
    public MemoryBucket? Bucket { get; init; }

    public byte[] Key { get; init; } = RandomNumberGenerator.GetBytes(32);

    public bool Legacy { get; init; } = true;

    /// <summary>Puts something into the folder that becomes the mount point.</summary>
    public Action<string>? Prepare { get; init; }

    /// <summary>The files of <see cref="UnderlayGuard"/> lie beneath the mount point.</summary>
    public bool Guarded { get; init; }

    public long StagingBytes { get; init; } = 64L << 20;

    public string? StateDirectory { get; init; }

    public RetryOptions Retries { get; init; } = new() { MaxRetries = 2, TotalTimeout = TimeSpan.FromSeconds(3), BaseDelay = TimeSpan.FromMilliseconds(10) };

    public AttachmentStoreOptions StoreOptions { get; init; } = new() { DeletePatience = TimeSpan.FromSeconds(1) };

    public StorageFileSystemOptions FileSystemOptions { get; init; } = new();

    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromSeconds(60);

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
