using FuseServer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.FuseAdapter;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.Benchmarks.Serving;

/// <summary>One real mount with the parts of the program, over a bucket that it shares with others.</summary>
internal sealed class ServedMount : IAsyncDisposable
{
    private readonly StagingMemory _memory;
    private readonly MeteredBucket _bucket;
    private readonly PendingDeletes _pendingDeletes;
    private readonly AttachmentStore _store;
    private readonly UnderlayFileSystem _underlay;
    private readonly FuseSession _session;

    public ServedMount(string mountPoint, IBucket bucket, IEnvelope envelope, ReadMode readMode, FuseOptions fuseOptions, long stagingBytes)
    {
        ILogger logger = NullLogger.Instance;
        Directory.CreateDirectory(mountPoint);
        _bucket = new MeteredBucket(bucket);
        _pendingDeletes = PendingDeletes.Open(mountPoint + ".state", _bucket, envelope.HeaderLength, logger);
        _memory = new StagingMemory(stagingBytes - fuseOptions.MaximumBufferBytes);
        var retrying = new RetryingBucket(_bucket, new RetryOptions(), NullLogger<RetryingBucket>.Instance);
        var form = new ObjectForm(envelope, allowPlainObjects: false);
        _store = new AttachmentStore(
            retrying, new FlatLayout("", encrypted: true), form, _memory, _pendingDeletes, new AttachmentStoreOptions(), logger);
        _underlay = UnderlayFileSystem.Open(mountPoint, StorageFileSystem.IsHashDirectoryName);
        var fileSystem = new StorageFileSystem(
            new AttachmentTree(_store), _underlay, new StorageFileSystemOptions { ReadMode = readMode }, logger);
        _session = FuseSession.Mount(mountPoint, fileSystem, fuseOptions);
        fileSystem.Notifier = _session.Notifier;
    }

    public MountCounters Counters => new(
        _session.Counters.RequestsByOperation,
        _bucket.Snapshot().Requests.ToDictionary(count => count.Key.ToString().ToUpperInvariant(), count => count.Value, StringComparer.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
        await _pendingDeletes.DisposeAsync().ConfigureAwait(false);
        _memory.Dispose();
        _underlay.Dispose();
    }
}
