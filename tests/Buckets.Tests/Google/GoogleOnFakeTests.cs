using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OrthancCloudFs.Buckets.Google;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.TestKit.Google;
using OrthancCloudFs.TestKit.Programs;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.Google;

/// <summary>The contract, and what only Google has, on the fake of its JSON API.</summary>
public sealed class GoogleOnFakeTests : BucketContract
{
    private const int Part = 256 << 10;

    private FakeGoogleStorage _fake = null!;
    private GoogleBucketSettings _settings = null!;

    protected override async ValueTask<IBucket> OpenAsync()
    {
        _fake = await FakeGoogleStorage.StartAsync();
        _settings = _fake.CreateBucket();
        return new GoogleBucket(_settings);
    }

    protected override ValueTask CloseAsync() => _fake.DisposeAsync();

    [Fact]
    public async Task A_body_corrupted_on_its_way_is_refused()
    {
        var corrupting = new CorruptingSource(Content(1000), passes: 1);
        var put = await Assert.ThrowsAsync<BucketException>(() => Bucket.PutAsync("object", corrupting, new PutOptions(), default));
        Assert.Equal(BucketErrorKind.ChecksumMismatch, put.Kind);

        var id = await Bucket.BeginUploadAsync("object", new PutOptions(), default);
        await Bucket.PutPartAsync("object", id, new PartPlace(1, 0, IsLast: false), new CorruptingSource(Content(Part), passes: 1), default);
        var last = await Assert.ThrowsAsync<BucketException>(
            () => Bucket.PutPartAsync("object", id, new PartPlace(2, Part, IsLast: true), new BytesSource(Content(10)), default));
        Assert.Equal(BucketErrorKind.ChecksumMismatch, last.Kind);

        Assert.Null(await Bucket.HeadAsync("object", default));
    }

    [Fact]
    public async Task Each_operation_is_one_request()
    {
        await PutAsync("warm-up", Content(1)); // fetches the token
        var before = _fake.Requests;
        await PutAsync("object", Content(1000));
        await Bucket.HeadAsync("object", default);
        await Bucket.GetAsync("object", new GetOptions(new ByteRange(10, 10)), new BytesTarget(), default);
        await Bucket.ListAsync("", '/', null, 10, default);
        await Bucket.DeleteAsync("object", default);
        Assert.False(await Bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal((before + 6, 1), (_fake.Requests, _fake.Tokens.Granted));
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_expires_and_when_it_is_refused()
    {
        _fake.Tokens.Lifetime = TimeSpan.FromSeconds(30); // shorter than the margin: every request renews it
        await PutAsync("object", Content(10));
        await PutAsync("object", Content(10));
        Assert.True(_fake.Tokens.Granted >= 2);

        _fake.Tokens.Lifetime = TimeSpan.FromHours(1);
        await PutAsync("object", Content(1000));
        var granted = _fake.Tokens.Granted;
        _fake.Tokens.RevokeAll();
        await PutAsync("object", Content(1000, seed: 2)); // its body is sent again
        Assert.Equal(Content(1000, seed: 2), await ReadAsync("object"));
        Assert.Equal(granted + 1, _fake.Tokens.Granted);
    }

    [Fact]
    public async Task A_wrong_key_is_said_clearly()
    {
        Assert.SkipWhen(Wine.IsRunning, Wine.NoRsa);
        using var key = RSA.Create(2048);
        await WithCredentialsAsync(_fake.Tokens.ServiceAccountJson(_fake.TokenUrl, key), async bucket =>
        {
            var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.HeadAsync("object", default));
            Assert.Equal(BucketErrorKind.Unauthenticated, failure.Kind);
            Assert.Contains("Invalid JWT Signature", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', failure.Message);
            Assert.DoesNotContain("PRIVATE KEY", failure.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_wrong_clock_is_called_a_wrong_clock()
    {
        _fake.Tokens.ClockSkew = TimeSpan.FromHours(2);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.HeadAsync("object", default));
        Assert.Equal(BucketErrorKind.Unauthenticated, failure.Kind);
        Assert.Contains("clock", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no JSON")]
    [InlineData("{\"type\":\"authorized_user\",\"client_id\":\"1\",\"client_secret\":\"2\",\"refresh_token\":\"3\"}")]
    public async Task A_file_that_is_no_service_accounts_is_refused(string content)
    {
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => WithCredentialsAsync(content, _ => Task.CompletedTask));
    }

    [Fact]
    public async Task A_missing_bucket_is_no_missing_object()
    {
        await using var bucket = new GoogleBucket(_settings with { BucketName = "missing" });
        foreach (var operation in Operations(bucket))
            Assert.Equal(BucketErrorKind.NoSuchBucket, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Theory]
    [InlineData(403, "forbidden", BucketErrorKind.Forbidden)]
    [InlineData(403, "rateLimitExceeded", BucketErrorKind.Throttled)]
    [InlineData(429, "rateLimitExceeded", BucketErrorKind.Throttled)]
    [InlineData(503, "backendError", BucketErrorKind.Throttled)]
    [InlineData(500, "backendError", BucketErrorKind.ProviderFailure)]
    [InlineData(408, "uploadBrokenConnection", BucketErrorKind.Truncated)]
    [InlineData(400, "invalid", BucketErrorKind.InvalidRequest)]
    public async Task Every_operation_tells_the_kind_of_an_error_answer(int status, string reason, BucketErrorKind expected)
    {
        _fake.Intercept = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.Headers.RetryAfter = "7";
            await context.Response.WriteAsync($"{{\"error\":{{\"code\":{status},\"message\":\"injected\",\"errors\":[{{\"reason\":\"{reason}\"}}]}}}}");
            return true;
        };
        var before = _fake.Requests;
        foreach (var operation in Operations(Bucket))
        {
            var failure = await Assert.ThrowsAsync<BucketException>(operation);
            Assert.Equal((expected, TimeSpan.FromSeconds(7)), (failure.Kind, failure.RetryAfter));
            Assert.Contains("injected", failure.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before + Operations(Bucket).Length, _fake.Requests); // the library retried nothing
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{ "items": [null] }""")]
    [InlineData("""{ "items": [{ "size": "5" }] }""")]
    [InlineData("""{ "items": [{ "name": "object" }] }""")]
    [InlineData("""{ "items": [{ "name": "object", "size": "-5" }] }""")]
    [InlineData("""{ "prefixes": [null] }""")]
    public async Task A_listing_that_does_not_say_what_it_lists_is_refused(string listing)
    {
        AnswerAlways(listing);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.ListAsync("", null, null, 10, default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "size": "x" }""")]
    public async Task A_description_without_a_length_is_no_empty_object(string description)
    {
        AnswerAlways(description);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.HeadAsync("object", default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    [Fact]
    public async Task A_copy_that_cannot_go_on_does_not_begin_for_ever()
    {
        AnswerAlways("""{ "done": false }""");
        var source = new ObjectInfo("object", 5, DateTimeOffset.UnixEpoch, "1");
        var failure = await Assert.ThrowsAsync<BucketException>(() => Bucket.CopyAsync(source, "new", default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    [Fact]
    public async Task A_404_that_is_not_Googles_word_is_no_absence()
    {
        await PutAsync("object", Content(10));
        _fake.Intercept = async context =>
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("<html>no such page</html>");
            return true;
        };
        foreach (var operation in Operations(Bucket))
            Assert.Equal(BucketErrorKind.InvalidRequest, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Fact]
    public async Task A_part_that_was_kept_in_part_is_brought_to_its_end()
    {
        _fake.MostPersisted = Part;
        await using var retrying = RetryingBucketTests.Retrying(Bucket);
        var content = Content((3 * Part) + 100);
        var id = await retrying.BeginUploadAsync("object", new PutOptions(IfAbsent: true), default);
        var first = await retrying.PutPartAsync("object", id, new PartPlace(1, 0, IsLast: false), Slice(content, ..(2 * Part)), default);
        var last = await retrying.PutPartAsync("object", id, new PartPlace(2, 2 * Part, IsLast: true), Slice(content, (2 * Part)..), default);
        await retrying.CompleteUploadAsync("object", id, [first, last], new PutOptions(IfAbsent: true), default);
        Assert.Equal(content, await ReadAsync("object"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_answer_that_is_lost_in_an_upload_is_asked_for_again(int lost)
    {
        var content = Content(Part + 100);
        var id = await Bucket.BeginUploadAsync("object", new PutOptions(IfAbsent: true), default);
        await using var faulty = new FaultyBucket(Bucket);
        await using var retrying = RetryingBucketTests.Retrying(faulty);
        var puts = 0;
        _fake.Intercept = async context =>
        {
            if (context.Request.ContentLength is not > 0 || ++puts != lost)
                return false;
            // The body arrives whole, and the connection breaks before the answer does.
            _fake.Intercept = null;
            var target = context.Request;
            using var copy = new HttpClient();
            using var body = new MemoryStream();
            await target.Body.CopyToAsync(body);
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{_fake.Endpoint}{target.Path}{target.QueryString}")
            {
                Content = new ByteArrayContent(body.ToArray()),
            };
            request.Content.Headers.TryAddWithoutValidation("Content-Range", target.Headers.ContentRange.ToString());
            (await copy.SendAsync(request)).Dispose();
            context.Abort();
            return true;
        };
        var first = await retrying.PutPartAsync("object", id, new PartPlace(1, 0, IsLast: false), Slice(content, ..Part), default);
        var last = await retrying.PutPartAsync("object", id, new PartPlace(2, Part, IsLast: true), Slice(content, Part..), default);
        await retrying.CompleteUploadAsync("object", id, [first, last], new PutOptions(IfAbsent: true), default);
        Assert.Equal(content, await ReadAsync("object"));
        Assert.Equal(0, _fake.Objects.CountUploads(_settings.BucketName));
    }

    [Fact]
    public async Task A_download_is_compared_with_its_CRC32C_on_request()
    {
        await using var bucket = new GoogleBucket(_settings with { VerifyCrc32COnGet = true });
        await PutAsync("object", Content(100_003));
        var target = new BytesTarget(777);
        Assert.True(await bucket.GetAsync("object", default, target, default));
        Assert.Equal(Content(100_003), target.ToArray());

        _fake.Objects.Find(_settings.BucketName, "object")!.Content[5] ^= 1;
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.ChecksumMismatch, failure.Kind);
    }

    [Fact]
    public async Task An_endpoint_that_is_down_is_a_network_failure()
    {
        await using var bucket = new GoogleBucket(_settings with { Endpoint = new Uri("http://127.0.0.1:9/") });
        Assert.Equal(BucketErrorKind.Network, (await Assert.ThrowsAsync<BucketException>(() => bucket.HeadAsync("object", default))).Kind);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_a_timeout()
    {
        await PutAsync("object", Content(10));
        _fake.Intercept = async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(5), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        await using var bucket = new GoogleBucket(_settings with { StallTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.Equal(BucketErrorKind.Timeout, (await Assert.ThrowsAsync<BucketException>(() => bucket.HeadAsync("object", default))).Kind);
    }

    private void AnswerAlways(string json) => _fake.Intercept = async context =>
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
        return true;
    };

    private static BytesSource Slice(byte[] content, Range range) => new(content.AsSpan()[range].ToArray());

    private static Func<Task>[] Operations(IBucket bucket) =>
    [
        () => bucket.HeadAsync("object", default),
        () => bucket.GetAsync("object", default, new BytesTarget(), default),
        () => bucket.PutAsync("object", new BytesSource(Content(10)), new PutOptions(), default),
        () => bucket.DeleteAsync("object", default),
        () => bucket.ListAsync("", null, null, 10, default),
        () => bucket.BeginUploadAsync("object", new PutOptions(), default),
    ];

    private async Task WithCredentialsAsync(string json, Func<GoogleBucket, Task> action)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, json);
            await using var bucket = new GoogleBucket(_settings with { ServiceAccountFile = file });
            await action(bucket);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
