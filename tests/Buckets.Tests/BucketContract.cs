using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests;

/// <summary>What every bucket promises; one subclass for each.</summary>
public abstract partial class BucketContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>An empty bucket for one test.</summary>
    protected IBucket Bucket { get; private set; } = null!;

    /// <summary>Keys of every kind that a provider must take.</summary>
    protected virtual string[] OddKeys =>
        ["a b", "a+b", "a&b=c", "ä/ö/ü", "日本", "a%2Fb", "~x", "quote'\"<>", "x#y?z", "emoji-\U0001F600", "dots../x", "a/b", "a-b", "a.b", "a0"];

    public async ValueTask InitializeAsync() => Bucket = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Bucket.DisposeAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask<IBucket> OpenAsync();

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_is_put_is_read_back_whole()
    {
        var content = Content(100_000);
        await PutAsync("aa/bb/object", content);
        var target = new BytesTarget(bufferSize: 1000);
        Assert.True(await Bucket.GetAsync("aa/bb/object", default, target, None));
        Assert.Equal(content, target.ToArray());
        Assert.Equal(content.Length, target.Info!.Length);
        Assert.Equal("aa/bb/object", target.Info.Key);
    }

    [Fact]
    public async Task Head_tells_length_and_time()
    {
        await PutAsync("object", Content(1234));
        var info = await Bucket.HeadAsync("object", None);
        Assert.Equal(1234, info!.Length);
        Assert.InRange(info.LastModified, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task What_does_not_exist_is_said_to_be_absent()
    {
        await PutAsync("folder/object", Content(1));
        foreach (var key in new[] { "missing", "folder/missing", "folder/object2", "folder", "none/such" })
        {
            Assert.Null(await Bucket.HeadAsync(key, None));
            var target = new BytesTarget();
            Assert.False(await Bucket.GetAsync(key, default, target, None));
            Assert.Equal(0, target.Begins);
        }
    }

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(10, 90, 10, 90)]
    [InlineData(999, 1, 999, 1)]
    [InlineData(900, 500, 900, 100)]
    [InlineData(0, 5000, 0, 1000)]
    public async Task A_range_is_cut_at_the_end(long offset, long length, int expectedOffset, int expectedLength)
    {
        var content = Content(1000);
        await PutAsync("object", content);
        var target = new BytesTarget(7);
        Assert.True(await Bucket.GetAsync("object", new GetOptions(new ByteRange(offset, length)), target, None));
        Assert.Equal(content[expectedOffset..(expectedOffset + expectedLength)], target.ToArray());
        Assert.Equal(1000, target.Info!.Length);
    }

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(5000, 10)]
    [InlineData(-1, 10)]
    [InlineData(0, 0)]
    public async Task A_range_that_is_none_is_refused(long offset, long length)
    {
        await PutAsync("object", Content(1000));
        var failure = await Assert.ThrowsAsync<BucketException>(
            () => Bucket.GetAsync("object", new GetOptions(new ByteRange(offset, length)), new BytesTarget(), None));
        Assert.Equal(BucketErrorKind.InvalidRequest, failure.Kind);
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        await PutAsync("empty", []);
        Assert.Equal(0, (await Bucket.HeadAsync("empty", None))!.Length);
        var target = new BytesTarget();
        Assert.True(await Bucket.GetAsync("empty", default, target, None));
        Assert.Equal((1, 0), (target.Begins, target.Received.Length));
    }

    [Fact]
    public async Task A_large_object_passes()
    {
        var content = Content(20_000_000);
        await PutAsync("large", content);
        var read = await ReadAsync("large");
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task A_second_put_replaces_the_object()
    {
        await PutAsync("object", Content(1000));
        var content = Content(10, seed: 2);
        await PutAsync("object", content);
        Assert.Equal(content, await ReadAsync("object"));
    }

    [Fact]
    public async Task A_deleted_object_is_gone_and_deleting_again_is_no_error()
    {
        await PutAsync("aa/bb/object", Content(10));
        await PutAsync("aa/cc/other", Content(10));
        await Bucket.DeleteAsync("aa/bb/object", None);
        await Bucket.DeleteAsync("aa/bb/object", None);
        await Bucket.DeleteAsync("never/was", None);
        Assert.Null(await Bucket.HeadAsync("aa/bb/object", None));
        Assert.NotNull(await Bucket.HeadAsync("aa/cc/other", None));
    }

    [Fact]
    public async Task Several_objects_are_deleted_and_those_that_are_not_there_are_no_errors()
    {
        string[] keys = ["aa/bb/1", "aa/bb/2", .. OddKeys];
        foreach (var key in keys)
            await PutAsync(key, Content(10));
        await PutAsync("aa/cc/other", Content(10));

        var outcomes = await Bucket.DeleteManyAsync([.. keys, "never/was"], None);

        Assert.Equal(keys.Length + 1, outcomes.Count);
        Assert.All(outcomes, Assert.Null);
        Assert.Equal(["aa/cc/other"], await ListKeysAsync("", 100));
        Assert.InRange(Bucket.MaxKeysPerDelete, 1, 1000);
    }

    [Fact]
    public async Task A_conditional_put_has_exactly_one_winner_of_sixteen()
    {
        var contents = Enumerable.Range(0, 16).Select(i => Content(50_000, seed: i)).ToArray();
        var outcomes = await Task.WhenAll(contents.Select(async content =>
        {
            try
            {
                await PutAsync("aa/bb/one", content, new PutOptions(IfAbsent: true));
                return true;
            }
            catch (BucketException failure) when (failure.Kind is BucketErrorKind.AlreadyExists or BucketErrorKind.ProviderFailure)
            {
                return false;
            }
        }));
        var winner = Assert.Single(Enumerable.Range(0, 16), i => outcomes[i]);
        Assert.Equal(contents[winner], await ReadAsync("aa/bb/one"));
    }

    [Fact]
    public async Task A_conditional_put_leaves_an_existing_object_alone()
    {
        var content = Content(100);
        await PutAsync("object", content, new PutOptions(IfAbsent: true));
        var failure = await Assert.ThrowsAsync<BucketException>(() => PutAsync("object", Content(5), new PutOptions(IfAbsent: true)));
        Assert.Equal(BucketErrorKind.AlreadyExists, failure.Kind);
        Assert.False(failure.AfterRetry);
        Assert.Equal(content, await ReadAsync("object"));
    }

    [Fact]
    public async Task A_source_of_another_length_stores_nothing()
    {
        foreach (var announced in new[] { 99, 101 })
        {
            var failure = await Assert.ThrowsAsync<BucketException>(
                () => Bucket.PutAsync("object", new LyingSource(Content(100), announced), new PutOptions(), None));
            Assert.Equal(BucketErrorKind.InvalidRequest, failure.Kind);
        }
        Assert.Null(await Bucket.HeadAsync("object", None));
    }

    [Fact]
    public async Task Thousands_of_keys_are_listed_in_pages_and_in_order()
    {
        var keys = Enumerable.Range(0, 3100).Select(i => $"{i * 7919 % 3100 % 16:x}/{i:d4}").ToArray();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, _) => await PutAsync(key, [1]));
        Array.Sort(keys, ObjectKeyComparer.Instance);
        Assert.Equal(keys, await ListKeysAsync("", 1000));
        Assert.Equal(keys, await ListKeysAsync("", 173));
        Assert.Equal(keys.Where(key => key.StartsWith("a/", StringComparison.Ordinal)), await ListKeysAsync("a/", 10));
        Assert.Equal(keys.Where(key => key.StartsWith("a/00", StringComparison.Ordinal)), await ListKeysAsync("a/00", 2));
    }

    [Fact]
    public async Task Odd_names_come_back_as_they_were_and_in_order()
    {
        foreach (var key in OddKeys)
            await PutAsync(key, System.Text.Encoding.UTF8.GetBytes(key));
        var sorted = OddKeys.Order(ObjectKeyComparer.Instance).ToArray();
        Assert.Equal(sorted, await ListKeysAsync("", 100));
        Assert.Equal(sorted, await ListKeysAsync("", 1));
        foreach (var key in OddKeys)
            Assert.Equal(key, System.Text.Encoding.UTF8.GetString(await ReadAsync(key)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task A_delimiter_folds_what_lies_deeper(int pageSize)
    {
        foreach (var key in new[] { "a-b", "a/1", "a/2", "a/x/y", "a0", "b/1", "c" })
            await PutAsync(key, [1]);
        Assert.Equal("a-b a0 c | a/ b/", await ListFoldedAsync("", pageSize));
        Assert.Equal("a/1 a/2 | a/x/", await ListFoldedAsync("a/", pageSize));
        Assert.Equal(" | b/", await ListFoldedAsync("b", pageSize));
        Assert.Equal(" | ", await ListFoldedAsync("d", pageSize));
    }

    [Fact]
    public async Task A_reader_sees_one_whole_object_while_others_replace_it()
    {
        var versions = Enumerable.Range(0, 3).Select(i => Content(300_000, seed: i)).ToArray();
        await PutAsync("aa/object", versions[0]);
        var writers = Task.WhenAll(Enumerable.Range(0, 20).Select(i => PutAsync("aa/object", versions[i % 3])));
        do
        {
            var read = await ReadAsync("aa/object");
            Assert.Contains(versions, version => version.AsSpan().SequenceEqual(read));
        }
        while (!writers.IsCompleted);
        await writers;
    }

    [Fact]
    public async Task A_reader_beside_a_delete_gets_the_whole_object_or_none()
    {
        var content = Content(200_000);
        for (var round = 0; round < 20; round++)
        {
            var key = $"aa/bb/{round}";
            await PutAsync(key, content);
            var reads = Enumerable.Range(0, 4).Select(async _ =>
            {
                var target = new BytesTarget();
                return await Bucket.GetAsync(key, default, target, None) ? target.ToArray() : null;
            });
            var delete = Bucket.DeleteAsync(key, None);
            foreach (var read in await Task.WhenAll(reads))
                Assert.True(read is null || content.AsSpan().SequenceEqual(read));
            await delete;
        }
    }

    [Fact]
    public async Task Puts_and_deletes_beside_each_other_lose_nothing()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var key = $"{i % 2}/{i % 3}/{i}";
            await PutAsync(key, BitConverter.GetBytes(i));
            Assert.Equal(BitConverter.GetBytes(i), await ReadAsync(key));
            if (i % 4 != 0)
                await Bucket.DeleteAsync(key, None);
        });
        Assert.Equal(50, (await ListKeysAsync("", 1000)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_target_throws_reaches_the_caller_as_it_is(bool atBegin)
    {
        await PutAsync("object", Content(1000));
        await Assert.ThrowsAsync<NotSupportedException>(() => Bucket.GetAsync("object", default, new ThrowingTarget(atBegin), None));
        Assert.Equal(Content(1000), await ReadAsync("object"));
    }

    [Fact]
    public async Task One_version_is_delivered_or_none()
    {
        await PutAsync("object", Content(1000));
        var version = (await Bucket.HeadAsync("object", None))!.ETag;
        var target = new BytesTarget();
        Assert.True(await Bucket.GetAsync("object", new GetOptions(new ByteRange(10, 90), version), target, None));
        Assert.Equal(Content(1000)[10..100], target.ToArray());
        Assert.Equal(version, target.Info!.ETag);

        await PutAsync("object", Content(1000, seed: 2));

        var failure = await Assert.ThrowsAsync<BucketException>(
            () => Bucket.GetAsync("object", new GetOptions(null, version), new BytesTarget(), None));
        Assert.Equal(BucketErrorKind.Changed, failure.Kind);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task A_copy_is_an_object_of_its_own()
    {
        await PutAsync("aa/source", Content(300_000));
        await PutAsync("bb/copy ä", Content(10));
        var source = (await Bucket.HeadAsync("aa/source", None))!;

        Assert.True(await Bucket.CopyAsync(source, "bb/copy ä", None));
        await Bucket.DeleteAsync("aa/source", None);

        Assert.Equal(Content(300_000), await ReadAsync("bb/copy ä"));
        Assert.False(await Bucket.CopyAsync(source, "cc/copy", None));
        Assert.Null(await Bucket.HeadAsync("cc/copy", None));
    }

    [Fact]
    public async Task Another_version_is_not_copied()
    {
        await PutAsync("source", Content(1000));
        var source = (await Bucket.HeadAsync("source", None))!;
        await PutAsync("source", Content(1000, seed: 2));

        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.CopyAsync(source, "copy", None));

        Assert.Equal(BucketErrorKind.Changed, failure.Kind);
        Assert.Null(await Bucket.HeadAsync("copy", None));
    }

    [Fact]
    public async Task A_cancelled_caller_gets_its_cancellation()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Bucket.HeadAsync("object", cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Bucket.PutAsync("object", new BytesSource(Content(10)), new PutOptions(), cancelled.Token));
        Assert.Null(await Bucket.HeadAsync("object", None));
        await PutAsync("object", Content(10));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Bucket.DeleteManyAsync(["object", "other"], cancelled.Token));
        Assert.NotNull(await Bucket.HeadAsync("object", None));
    }

    protected static byte[] Content(int length, int seed = 1)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }

    protected Task PutAsync(string key, byte[] content, PutOptions? options = null) =>
        Bucket.PutAsync(key, new BytesSource(content), options ?? new PutOptions(), None);

    protected async Task<byte[]> ReadAsync(string key)
    {
        var target = new BytesTarget();
        Assert.True(await Bucket.GetAsync(key, default, target, None), $"{key} is missing");
        return target.ToArray();
    }

    protected async Task<List<string>> ListKeysAsync(string prefix, int pageSize)
    {
        var keys = new List<string>();
        string? after = null;
        do
        {
            var page = await Bucket.ListAsync(prefix, null, after, pageSize, None);
            Assert.InRange(page.Objects.Count, 0, pageSize);
            keys.AddRange(page.Objects.Select(item => item.Key));
            after = page.NextPageToken;
        }
        while (after is not null);
        return keys;
    }

    private async Task<string> ListFoldedAsync(string prefix, int pageSize)
    {
        var (keys, prefixes) = (new List<string>(), new List<string>());
        string? after = null;
        do
        {
            var page = await Bucket.ListAsync(prefix, '/', after, pageSize, None);
            Assert.True(page.Objects.Count + page.CommonPrefixes.Count <= pageSize);
            keys.AddRange(page.Objects.Select(item => item.Key));
            prefixes.AddRange(page.CommonPrefixes);
            after = page.NextPageToken;
        }
        while (after is not null);
        return $"{string.Join(' ', keys)} | {string.Join(' ', prefixes)}";
    }

    /// <summary>Has no room.</summary>
    private sealed class ThrowingTarget(bool atBegin) : IDownloadTarget
    {
        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            atBegin ? throw new NotSupportedException() : ValueTask.CompletedTask;

        public Memory<byte> GetBuffer() => throw new NotSupportedException();

        public void Advance(int count) => throw new NotSupportedException();
    }

    /// <summary>Announces another length than it has.</summary>
    private sealed class LyingSource(byte[] content, long announced) : IUploadSource
    {
        public long Length => announced;

        public Stream OpenRead() => new MemoryStream(content, writable: false);
    }
}
