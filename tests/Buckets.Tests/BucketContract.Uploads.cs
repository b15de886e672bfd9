using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests;

/// <summary>What every bucket promises of uploads in parts.</summary>
public abstract partial class BucketContract
{
    [Fact]
    public async Task Parts_become_one_object_when_they_are_completed_and_not_before()
    {
        var (contents, offsets) = PartsOf(3);
        var id = await Bucket.BeginUploadAsync("aa/bb/large", new PutOptions(IfAbsent: true), None);
        var parts = new UploadedPart[3];
        foreach (var i in Bucket.PartLimits.InOrder ? new[] { 0, 1, 2 } : [1, 0, 2])
            parts[i] = await PutPartAsync("aa/bb/large", id, contents, offsets, i);
        if (!Bucket.PartLimits.InOrder)
        {
            parts[1] = await PutPartAsync("aa/bb/large", id, contents, offsets, 1); // again is the same
            Assert.Null(await Bucket.HeadAsync("aa/bb/large", None));
            Assert.Empty(await ListKeysAsync("", 10));
        }

        await Bucket.CompleteUploadAsync("aa/bb/large", id, parts, new PutOptions(IfAbsent: true), None);

        Assert.True(contents.SelectMany(content => content).SequenceEqual(await ReadAsync("aa/bb/large")));
        await Bucket.AbortUploadAsync("aa/bb/large", id, None); // a completed object stays
        Assert.NotNull(await Bucket.HeadAsync("aa/bb/large", None));
    }

    [Fact]
    public async Task An_aborted_upload_leaves_nothing()
    {
        var (contents, offsets) = PartsOf(2);
        var id = await Bucket.BeginUploadAsync("large", new PutOptions(), None);
        var first = await PutPartAsync("large", id, contents, offsets, 0);

        await Bucket.AbortUploadAsync("large", id, None);
        await Bucket.AbortUploadAsync("large", id, None);

        Assert.Null(await Bucket.HeadAsync("large", None));
        Assert.Empty(await ListKeysAsync("", 10));
        await Assert.ThrowsAsync<BucketException>(async () =>
        {
            var last = await PutPartAsync("large", id, contents, offsets, 1);
            await Bucket.CompleteUploadAsync("large", id, [first, last], new PutOptions(), None);
        });
        Assert.Null(await Bucket.HeadAsync("large", None));
    }

    [Fact]
    public async Task A_conditional_completion_leaves_an_existing_object_alone()
    {
        var (contents, offsets) = PartsOf(2);
        var id = await Bucket.BeginUploadAsync("large", new PutOptions(IfAbsent: true), None);
        await PutAsync("large", Content(10));

        var failure = await Assert.ThrowsAsync<BucketException>(async () =>
        {
            UploadedPart[] parts = [await PutPartAsync("large", id, contents, offsets, 0), await PutPartAsync("large", id, contents, offsets, 1)];
            await Bucket.CompleteUploadAsync("large", id, parts, new PutOptions(IfAbsent: true), None);
        });

        Assert.Equal(BucketErrorKind.AlreadyExists, failure.Kind);
        Assert.Equal(Content(10), await ReadAsync("large"));
        await Bucket.AbortUploadAsync("large", id, None);
    }

    private (byte[][] Contents, long[] Offsets) PartsOf(int count)
    {
        var limits = Bucket.PartLimits;
        var length = (int)Math.Max(limits.MinimumBytes, limits.GranularityBytes);
        byte[][] contents = [.. Enumerable.Range(0, count).Select(i => Content(i < count - 1 ? length : 777, seed: i))];
        return (contents, [.. Enumerable.Range(0, count).Select(i => (long)i * length)]);
    }

    private Task<UploadedPart> PutPartAsync(string key, string id, byte[][] contents, long[] offsets, int i) => Bucket.PutPartAsync(
        key, id, new PartPlace(i + 1, offsets[i], IsLast: i == contents.Length - 1), new BytesSource(contents[i]), None);
}
