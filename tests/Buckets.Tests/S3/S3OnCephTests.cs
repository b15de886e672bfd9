using Amazon.S3.Model;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.TestKit.Servers;
using Xunit;
using S3Bucket = OrthancCloudFs.Buckets.S3.S3Bucket;

[assembly: AssemblyFixture(typeof(OrthancCloudFs.Buckets.Tests.S3.CephFixture))]

namespace OrthancCloudFs.Buckets.Tests.S3;

/// <summary>One gateway for all tests of this process, started by the first that needs it.</summary>
public sealed class CephFixture : IAsyncDisposable
{
    private readonly Lazy<Task<CephGateway>> _gateway = new(CephGateway.StartAsync);

    public Task<CephGateway> Gateway => _gateway.Value;

    public async ValueTask DisposeAsync()
    {
        if (_gateway.IsValueCreated)
            await (await _gateway.Value).DisposeAsync();
    }
}

/// <summary>The contract, and what only S3 has, on Ceph's gateway.</summary>
public sealed class S3OnCephTests(CephFixture ceph) : BucketContract
{
    private CephGateway _gateway = null!;
    private S3BucketSettings _settings = null!;

    protected override async ValueTask<IBucket> OpenAsync()
    {
        _gateway = await ceph.Gateway;
        _settings = await _gateway.CreateBucketAsync();
        return new S3Bucket(_settings);
    }

    [Theory]
    [InlineData(S3UploadChecksum.Sha256)]
    [InlineData(S3UploadChecksum.Md5)]
    [InlineData(S3UploadChecksum.SignatureOnly)]
    public async Task A_body_corrupted_on_its_way_is_refused_by_the_gateway(S3UploadChecksum checksum)
    {
        await using var bucket = new S3Bucket(_settings with { Checksum = checksum });
        foreach (var length in new[] { 1000, 3_000_000 })
        {
            var failure = await Assert.ThrowsAsync<BucketException>(
                () => bucket.PutAsync("object", new CorruptingSource(Content(length), passes: Passes(checksum)), new PutOptions(), default));
            Assert.Equal(BucketErrorKind.ChecksumMismatch, failure.Kind);
            Assert.Null(await bucket.HeadAsync("object", default));
        }
        await bucket.PutAsync("object", new BytesSource(Content(1000)), new PutOptions(), default);
        Assert.Equal(Content(1000), await ReadAsync("object"));
    }

    [Fact]
    public async Task A_wrong_secret_is_said_clearly()
    {
        await using var bucket = new S3Bucket(_settings with { SecretKey = "wrong" });
        var put = await Assert.ThrowsAsync<BucketException>(() => bucket.PutAsync("object", new BytesSource(Content(10)), new PutOptions(), default));
        Assert.Equal(BucketErrorKind.Unauthenticated, put.Kind);
        Assert.Contains("SignatureDoesNotMatch", put.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", put.Message, StringComparison.Ordinal);
        var get = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.Unauthenticated, get.Kind);

        // The answer to a HEAD has no body, so no code.
        var head = await Assert.ThrowsAsync<BucketException>(() => bucket.HeadAsync("object", default));
        Assert.Equal(BucketErrorKind.Forbidden, head.Kind);
    }

    [Fact]
    public async Task A_missing_bucket_is_no_missing_object()
    {
        await using var bucket = new S3Bucket(_gateway.Settings("no-such-bucket"));
        Func<Task>[] operations =
        [
            () => bucket.HeadAsync("object", default),
            () => bucket.GetAsync("object", default, new BytesTarget(), default),
            () => bucket.PutAsync("object", new BytesSource(Content(10)), new PutOptions(), default),
            () => bucket.DeleteAsync("object", default),
            () => bucket.DeleteManyAsync(["object", "other"], default),
            () => bucket.ListAsync("", null, null, 10, default),
        ];
        foreach (var operation in operations)
            Assert.Equal(BucketErrorKind.NoSuchBucket, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Theory]
    [InlineData(S3UploadChecksum.Sha256)]
    [InlineData(S3UploadChecksum.SignatureOnly)]
    public async Task A_thousand_objects_are_deleted_in_one_request(S3UploadChecksum checksum)
    {
        await using var bucket = new S3Bucket(_settings with { Checksum = checksum });
        await using var metered = new MeteredBucket(bucket);
        var keys = Enumerable.Range(0, metered.MaxKeysPerDelete).Select(i => $"aa/{i}").ToArray();
        await Parallel.ForEachAsync(keys.Where((_, i) => i % 10 == 0), async (key, _) => await PutAsync(key, [1]));
        await PutAsync("other", [1]);

        var outcomes = await metered.DeleteManyAsync(keys, default);

        Assert.Equal(1000, outcomes.Count);
        Assert.All(outcomes, Assert.Null);
        Assert.Equal(["other"], await ListKeysAsync("", 100));
        Assert.Equal((1, 1), (metered.Snapshot().Requests[BucketOperation.DeleteMany], metered.Snapshot().Requests.Values.Sum()));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => metered.DeleteManyAsync([.. keys, "one more"], default));
    }

    [Fact]
    public async Task Storage_class_tags_and_type_go_with_the_put()
    {
        var tags = new Dictionary<string, string> { ["site"] = "north & south", ["ünit"] = "a=b" };
        await using var bucket = new S3Bucket(_settings with { StorageClass = "STANDARD_IA", Tags = tags });
        await using var metered = new MeteredBucket(bucket);
        await metered.PutAsync("object", new BytesSource(Content(10)), new PutOptions(ContentType: "application/dicom"), default);

        var head = await _gateway.Client.GetObjectMetadataAsync(_settings.BucketName, "object");
        Assert.Equal("STANDARD_IA", head.StorageClass?.Value);
        Assert.Equal("application/dicom", head.Headers.ContentType);
        var tagging = await _gateway.Client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = _settings.BucketName, Key = "object" });
        Assert.Equal(tags.OrderBy(tag => tag.Key), tagging.Tagging.ToDictionary(tag => tag.Key, tag => tag.Value).OrderBy(tag => tag.Key));
    }

    [Fact]
    public async Task A_download_is_compared_with_its_ETag_on_request()
    {
        await using var bucket = new S3Bucket(_settings with { VerifyETagOnGet = true });
        await PutAsync("object", Content(100_000));
        var target = new BytesTarget(777);
        Assert.True(await bucket.GetAsync("object", default, target, default));
        Assert.Equal(Content(100_000), target.ToArray());
    }

    [Fact]
    public async Task Retries_over_faults_keep_the_promises()
    {
        await using var faulty = new FaultyBucket(Bucket);
        await using var bucket = RetryingBucketTests.Retrying(faulty, maxRetries: 3);
        faulty.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network), times: 2);
        faulty.Inject(BucketOperation.Get, Fault.TruncateAfter(500), times: 1);
        await bucket.PutAsync("object", new BytesSource(Content(1000)), new PutOptions(IfAbsent: true), default);
        var target = new BytesTarget(100);
        Assert.True(await bucket.GetAsync("object", default, target, default));
        Assert.Equal(Content(1000), target.ToArray());
        Assert.Equal((3, 2, 2), (faulty.Count(BucketOperation.Put), faulty.Count(BucketOperation.Get), target.Begins));
    }

    /// <summary>How often the content is read before it is sent.</summary>
    private static int Passes(S3UploadChecksum checksum) => checksum == S3UploadChecksum.Md5 ? 2 : 1;
}
