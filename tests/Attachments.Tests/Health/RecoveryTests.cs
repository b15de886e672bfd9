using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Health;

/// <summary>What waits for its next try does not wait any longer when the bucket is back. Time stands still here.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("recovery-test-");
    private readonly FaultyBucket _faulty = new(new MemoryBucket());
    private readonly MeteredBucket _bucket;
    private readonly PendingDeletes _deletes;

    public RecoveryTests()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        _bucket = new MeteredBucket(_faulty, time);
        _deletes = PendingDeletes.Open(_state.FullName, _bucket, 0, NullLogger.Instance, time);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _deletes.DisposeAsync();
        await _bucket.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task Deletes_are_tried_again_when_the_bucket_is_back()
    {
        _bucket.Health.Recovered += (_, _) => _deletes.RetryNow();
        _faulty.Inject(BucketOperation.Delete, Fault.Fail(BucketErrorKind.NoSuchBucket), times: 1);
        AttachmentId id = StoreHarness.NewId();
        await _deletes.AddAsync(new PendingDelete(id, "object", DateTimeOffset.UtcNow, null));
        await _deletes.WaitForFirstAnswerAsync(id, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(1, _deletes.Count);

        await _bucket.HeadAsync("object", default);

        await StoreHarness.EventuallyAsync(() => _deletes.Count == 0, "the delete is done");
        Assert.Equal(2, _faulty.Count(BucketOperation.Delete));
    }
}
