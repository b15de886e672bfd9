using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Tree.Tests;

/// <summary>A tree over a bucket in memory whose faults are injected; disposal fails the test unless all staging memory came back.</summary>
internal sealed class TreeHarness : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("tree-test-");
    private readonly StagingMemory _memory = new(1 << 20);
    private readonly PendingDeletes _pending;

    public TreeHarness()
    {
        Faults = new FaultyBucket(Objects);
        _pending = PendingDeletes.Open(_state.FullName, Faults, 0, NullLogger.Instance);
        var options = new AttachmentStoreOptions { ListPageSize = 10 };
        var form = new ObjectForm(new PlainEnvelope(), allowPlainObjects: false);
        Tree = new AttachmentTree(new AttachmentStore(Faults, Layout, form, _memory, _pending, options, NullLogger.Instance));
    }

    public MemoryBucket Objects { get; } = new();

    public FaultyBucket Faults { get; }

    public AttachmentTree Tree { get; }

    private LegacyLayout Layout { get; } = new("");

    /// <summary>An attachment of the folder <c>ab/cd</c>.</summary>
    public static AttachmentId Id(int number)
    {
        Assert.True(AttachmentId.TryParse($"abcd0000-0000-0000-0000-{number:x12}", out AttachmentId id));
        return id;
    }

    public async Task PutAsync(int count)
    {
        for (int i = 0; i < count; i++)
            await Objects.PutAsync(Layout.UsualKey(Id(i)), new BytesSource(new byte[1]), new PutOptions(), default);
    }

    public async ValueTask DisposeAsync()
    {
        Faults.Heal();
        await Tree.Store.DisposeAsync();
        await DownloadsEndedAsync();
        await Tree.Store.DisposeAsync();
        await _pending.DisposeAsync();
        Assert.Equal(0, _memory.Reserved);
        _memory.Dispose();
        _state.Delete(recursive: true);
    }

    /// <summary>Waits until the bucket has confirmed every delete.</summary>
    public async Task DeletedAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_pending.Count > 0)
            await Task.Delay(5, patience.Token);
    }

    /// <summary>A look-up may leave a download behind that goes on in the background.</summary>
    private async Task DownloadsEndedAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Tree.Store.Counters is var held && held.StagingReserved != held.StagingClean)
            await Task.Delay(5, patience.Token);
    }
}
