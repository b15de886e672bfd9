using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrthancCloudFs.Buckets.Azure;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.TestKit.Servers;
using Xunit;

[assembly: AssemblyFixture(typeof(OrthancCloudFs.Buckets.Tests.Azure.AzuriteFixture))]

namespace OrthancCloudFs.Buckets.Tests.Azure;

/// <summary>One emulator for all tests of this process, started by the first that needs it.</summary>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AzuriteServer>> _server = new(AzuriteServer.StartAsync);

    public Task<AzuriteServer> Server => _server.Value;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }
}

/// <summary>The contract, and what only Azure has, on Azurite.</summary>
public sealed class AzureOnAzuriteTests(AzuriteFixture azurite) : BucketContract
{
    private AzuriteServer _server = null!;
    private AzureBucketSettings _settings = null!;

    private BlobContainerClient Container => _server.Client.GetBlobContainerClient(_settings.ContainerName);

    protected override async ValueTask<IBucket> OpenAsync()
    {
        _server = await azurite.Server;
        _settings = await _server.CreateContainerAsync();
        return new AzureBucket(_settings);
    }

    [Fact]
    public async Task A_body_corrupted_on_its_way_is_refused()
    {
        foreach (var length in new[] { 1000, 3_000_000 })
        {
            var corrupting = new CorruptingSource(Content(length), passes: 1); // makes the hash
            var put = await Assert.ThrowsAsync<BucketException>(() => Bucket.PutAsync("object", corrupting, new PutOptions(), default));
            Assert.Contains("MD5", put.Message, StringComparison.OrdinalIgnoreCase); // Azurite has no code for it; Azure has: AzureFaultTests
            Assert.Null(await Bucket.HeadAsync("object", default));
        }
        var id = await Bucket.BeginUploadAsync("object", new PutOptions(), default);
        var part = await Assert.ThrowsAsync<BucketException>(() => Bucket.PutPartAsync(
            "object", id, new PartPlace(1, 0, IsLast: true), new CorruptingSource(Content(1000), passes: 1), default));
        Assert.Contains("MD5", part.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_wrong_key_is_said_clearly()
    {
        var wrong = Convert.ToBase64String(new byte[64]);
        await using var bucket = new AzureBucket(_settings with { ConnectionString = _server.ConnectionStringOf(wrong) });
        Func<Task>[] operations =
        [
            () => bucket.PutAsync("object", new BytesSource(Content(10)), new PutOptions(), default),
            () => bucket.GetAsync("object", default, new BytesTarget(), default),
            () => bucket.HeadAsync("object", default),
            () => bucket.DeleteAsync("object", default),
            () => bucket.ListAsync("", null, null, 10, default),
        ];
        foreach (var operation in operations)
        {
            var failure = await Assert.ThrowsAsync<BucketException>(operation);
            Assert.True(failure.Kind is BucketErrorKind.Unauthenticated or BucketErrorKind.Forbidden, failure.Message);
            Assert.Contains("403", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', failure.Message);
            Assert.DoesNotContain(wrong, failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_missing_container_is_no_missing_object_and_is_made_on_request()
    {
        var settings = _settings with { ContainerName = _server.NewContainerName() };
        await using var bucket = new AzureBucket(settings);
        Func<Task>[] operations =
        [
            () => bucket.PutAsync("object", new BytesSource(Content(10)), new PutOptions(), default),
            () => bucket.GetAsync("object", default, new BytesTarget(), default),
            () => bucket.HeadAsync("object", default),
            () => bucket.DeleteAsync("object", default),
            () => bucket.ListAsync("", null, null, 10, default),
        ];
        foreach (var operation in operations)
            Assert.Equal(BucketErrorKind.NoSuchBucket, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);

        await using (var forbidden = new AzureBucket(settings with { CreateContainerIfNotExists = false }))
            Assert.False(await forbidden.CreateIfMissingAsync(default));
        Assert.True(await bucket.CreateIfMissingAsync(default));
        Assert.False(await bucket.CreateIfMissingAsync(default));
        Assert.Null(await bucket.HeadAsync("object", default));
    }

    [Theory]
    [InlineData("Cool")]
    [InlineData("Archive")]
    public async Task Tier_and_content_type_are_set_in_the_request_that_stores(string tier)
    {
        await using var bucket = new AzureBucket(_settings with { AccessTier = tier });
        await bucket.PutAsync("small", new BytesSource(Content(10)), new PutOptions(ContentType: "application/dicom"), default);
        var id = await bucket.BeginUploadAsync("large", new PutOptions(), default);
        var part = await bucket.PutPartAsync("large", id, new PartPlace(1, 0, IsLast: true), new BytesSource(Content(10)), default);
        await bucket.CompleteUploadAsync("large", id, [part], new PutOptions(ContentType: "application/dicom"), default);

        foreach (var key in new[] { "small", "large" })
        {
            BlobProperties blob = await Container.GetBlobClient(key).GetPropertiesAsync();
            Assert.Equal((tier, "application/dicom"), (blob.AccessTier, blob.ContentType));
        }
    }

    [Fact]
    public async Task An_archived_blob_exists_and_cannot_be_read()
    {
        await PutAsync("object", Content(10));
        await Container.GetBlobClient("object").SetAccessTierAsync(AccessTier.Archive);

        Assert.Equal(10, (await Bucket.HeadAsync("object", default))!.Length);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.Archived, failure.Kind);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task An_aborted_upload_leaves_no_block_and_other_blobs_alone()
    {
        var id = await Bucket.BeginUploadAsync("object", new PutOptions(), default);
        await Bucket.PutPartAsync("object", id, new PartPlace(1, 0, IsLast: false), new BytesSource(Content(10)), default);
        Assert.Single(((BlockList)await Container.GetBlockBlobClient("object").GetBlockListAsync(BlockListTypes.Uncommitted)).UncommittedBlocks);

        await Bucket.AbortUploadAsync("object", id, default);

        await Assert.ThrowsAsync<global::Azure.RequestFailedException>(() => Container.GetBlockBlobClient("object").GetBlockListAsync(BlockListTypes.All));
        await PutAsync("other", []);
        await Bucket.AbortUploadAsync("other", id, default);
        Assert.NotNull(await Bucket.HeadAsync("other", default));
    }

    [Fact]
    public async Task An_abort_that_ended_in_its_middle_is_brought_to_its_end()
    {
        var id = await Bucket.BeginUploadAsync("object", new PutOptions(), default);
        var marker = new CommitBlockListOptions { Metadata = new Dictionary<string, string> { ["orthanc_cloudfs_aborted_upload"] = id } };
        await Container.GetBlockBlobClient("object").CommitBlockListAsync([], marker);

        await Bucket.AbortUploadAsync("object", id, default);

        Assert.Null(await Bucket.HeadAsync("object", default));
    }

    [Fact]
    public async Task A_download_is_compared_with_its_MD5_on_request()
    {
        await using var bucket = new AzureBucket(_settings with { VerifyMd5OnGet = true });
        await PutAsync("object", Content(100_000));
        var target = new BytesTarget(777);
        Assert.True(await bucket.GetAsync("object", default, target, default));
        Assert.Equal(Content(100_000), target.ToArray());

        var wrong = new BlobHttpHeaders { ContentHash = new byte[16] };
        await Container.GetBlobClient("object").SetHttpHeadersAsync(wrong);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.ChecksumMismatch, failure.Kind);
    }
}
