using OrthancCloudFs.Buckets.Azure;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.Azure;

/// <summary>What each fault at the socket becomes, and what our requests look like on the wire.</summary>
public sealed class AzureFaultTests
{
    private static readonly string Key = Convert.ToBase64String("top secret key of sixty-four bytes, of which nobody may see one."u8.ToArray());

    [Theory]
    [InlineData("503 Server Busy", "ServerBusy", BucketErrorKind.Throttled)]
    [InlineData("429 Too Many Requests", "TooManyRequests", BucketErrorKind.Throttled)]
    [InlineData("500 Operation Timed Out", "OperationTimedOut", BucketErrorKind.Timeout)]
    [InlineData("500 Internal Error", "InternalError", BucketErrorKind.ProviderFailure)]
    [InlineData("403 Forbidden", "AuthorizationPermissionMismatch", BucketErrorKind.Forbidden)]
    [InlineData("403 Forbidden", "AuthenticationFailed", BucketErrorKind.Unauthenticated)]
    [InlineData("401 Unauthorized", "InvalidAuthenticationInfo", BucketErrorKind.Unauthenticated)]
    [InlineData("404 Not Found", "ContainerNotFound", BucketErrorKind.NoSuchBucket)]
    [InlineData("404 Not Found", "ResourceNotFound", BucketErrorKind.InvalidRequest)]
    [InlineData("409 Conflict", "BlobArchived", BucketErrorKind.Archived)]
    [InlineData("409 Conflict", "BlobImmutableDueToPolicy", BucketErrorKind.Forbidden)]
    [InlineData("400 Bad Request", "Md5Mismatch", BucketErrorKind.ChecksumMismatch)]
    [InlineData("412 Precondition Failed", "LeaseIdMissing", BucketErrorKind.InvalidRequest)]
    public async Task Every_operation_tells_the_kind_of_an_error_answer(string status, string code, BucketErrorKind expected)
    {
        await using var server = new RawHttpServer(request => Error(request, status, code));
        await using var bucket = Open(server);
        Func<Task>[] operations =
        [
            () => bucket.HeadAsync("object", default),
            () => bucket.GetAsync("object", default, new BytesTarget(), default),
            () => Put(bucket),
            () => bucket.DeleteAsync("object", default),
            () => bucket.ListAsync("", null, null, 10, default),
            () => bucket.PutPartAsync("object", "0123", new PartPlace(1, 0, IsLast: true), new BytesSource("x"u8.ToArray()), default),
        ];
        foreach (var operation in operations)
        {
            var failure = await Assert.ThrowsAsync<BucketException>(operation);
            Assert.Equal(expected, failure.Kind);
            Assert.Contains(code, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', failure.Message);
            Assert.DoesNotContain(Key, failure.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(operations.Length, server.Requests.Count); // the SDK retried nothing
    }

    [Fact]
    public async Task An_answer_without_a_length_is_no_empty_blob()
    {
        await using var server = new RawHttpServer(
            _ => "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"1\"\r\nLast-Modified: Sun, 12 Oct 2025 17:50:00 GMT\r\n\r\n");
        await using var bucket = Open(server);
        foreach (var operation in (Func<Task>[])[() => bucket.HeadAsync("object", default), () => bucket.GetAsync("object", default, new BytesTarget(), default)])
            Assert.Equal(BucketErrorKind.ProviderFailure, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Theory]
    [InlineData("<BlockList/>")]
    [InlineData("<BlockList><UncommittedBlocks/></BlockList>")]
    public async Task An_answer_without_lists_of_blocks_is_no_empty_list(string list)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", list, "Content-Type: application/xml\r\n"));
        await using var bucket = Open(server);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.AbortUploadAsync("object", "0123", default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    /// <summary>The SDK would expand them to many times the length of the answer.</summary>
    [Fact]
    public async Task Entities_in_an_answer_are_never_expanded()
    {
        const string Entities = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
        const string Xml = "Content-Type: application/xml\r\n";
        await using var listing = new RawHttpServer(
            _ => RawHttpServer.Answer("200 OK", $"{Entities}<EnumerationResults><Prefix>&b;</Prefix><Blobs/></EnumerationResults>", Xml));
        await using var bucket = Open(listing);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.ListAsync("", null, null, 10, default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);

        await using var busy = new RawHttpServer(_ => RawHttpServer.Answer(
            "503 Server Busy", $"{Entities}<Error><Code>ServerBusy</Code><Message>&b;</Message></Error>", Xml + "x-ms-error-code: ServerBusy\r\n"));
        await using var throttled = Open(busy);
        foreach (var operation in (Func<Task>[])[() => throttled.HeadAsync("object", default), () => throttled.GetAsync("object", default, new BytesTarget(), default)])
        {
            failure = await Assert.ThrowsAsync<BucketException>(operation);
            Assert.Equal(BucketErrorKind.Throttled, failure.Kind);
            Assert.DoesNotContain("aaaa", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_condition_that_is_not_met_is_another_blob_for_a_put_and_another_version_for_a_get()
    {
        await using var server = new RawHttpServer(request => Error(request, "412 Precondition Failed", "ConditionNotMet"));
        await using var bucket = Open(server);
        Assert.Equal(BucketErrorKind.AlreadyExists, (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).Kind);
        var get = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", new GetOptions(null, "\"1\""), new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.Changed, get.Kind);
    }

    [Fact]
    public async Task The_wish_to_wait_is_handed_on()
    {
        await using var server = new RawHttpServer(request => Error(request, "503 Server Busy", "ServerBusy", headers: "Retry-After: 7\r\n"));
        await using var bucket = Open(server);
        Assert.Equal(TimeSpan.FromSeconds(7), (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).RetryAfter);
    }

    [Fact]
    public async Task A_wrong_clock_is_called_a_wrong_clock()
    {
        const string Detail = "<AuthenticationErrorDetail>Request date header too old: 'Wed, 25 Nov 2026 10:00:00 GMT'</AuthenticationErrorDetail>";
        await using var server = new RawHttpServer(request => Error(request, "403 Forbidden", "AuthenticationFailed", Detail));
        await using var bucket = Open(server);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Put(bucket));
        Assert.Equal(BucketErrorKind.Unauthenticated, failure.Kind);
        Assert.Contains("clock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_404_that_is_not_Azures_word_is_no_absence()
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("404 Not Found", "<html>no such page</html>", "Content-Type: text/html\r\n"));
        await using var bucket = Open(server);
        Func<Task>[] operations =
        [
            () => bucket.HeadAsync("object", default),
            () => bucket.GetAsync("object", default, new BytesTarget(), default),
            () => bucket.DeleteAsync("object", default),
        ];
        foreach (var operation in operations)
            Assert.Equal(BucketErrorKind.InvalidRequest, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Fact]
    public async Task A_body_that_ends_early_never_passes_for_whole()
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", new string('x', 500), BlobHeaders, length: 1000));
        await using var bucket = Open(server);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(100), default));
        Assert.True(failure.IsTransient, failure.Message);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_a_timeout()
    {
        await using var server = new RawHttpServer(_ => null);
        await using var bucket = Open(server, settings => settings with { StallTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal(BucketErrorKind.Timeout, (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).Kind);
    }

    [Fact]
    public async Task A_connection_closed_without_an_answer_is_a_network_failure()
    {
        await using var server = new RawHttpServer(_ => "");
        await using var bucket = Open(server);
        Assert.Equal(BucketErrorKind.Network, (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).Kind);
    }

    [Fact]
    public async Task A_put_is_one_request_with_the_MD5_of_its_body()
    {
        var content = new byte[5_000_000];
        new Random(1).NextBytes(content);
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("201 Created", headers: BlobHeaders));
        await using var bucket = Open(server, settings => settings with { AccessTier = "Cool", ApplicationName = "orthanc-cloudfs" });
        await bucket.PutAsync("aa/object", new BytesSource(content), new PutOptions(IfAbsent: true), default);

        var request = Assert.Single(server.Requests);
        Assert.Equal("PUT /account/container/aa/object HTTP/1.1", request.Line.Replace("%2F", "/", StringComparison.Ordinal));
        Assert.Equal(content, request.Body);
        Assert.Equal(Convert.ToBase64String(System.Security.Cryptography.MD5.HashData(content)), request.Headers["Content-MD5"]);
        Assert.Equal("*", request.Headers["If-None-Match"]);
        Assert.Equal("Cool", request.Headers["x-ms-access-tier"]);
        Assert.Contains("orthanc-cloudfs", request.Headers["User-Agent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_description_names_container_and_account()
    {
        await using var bucket = new AzureBucket(new AzureBucketSettings { ContainerName = "container", AccountUrl = new Uri("https://127.0.0.1:9/") });
        Assert.Equal("https://127.0.0.1:9/container", bucket.Description);
    }

    private const string BlobHeaders =
        "ETag: \"0x1\"\r\nLast-Modified: Wed, 25 Nov 2026 10:00:00 GMT\r\nx-ms-request-server-encrypted: true\r\nx-ms-version: 2021-08-06\r\n";

    /// <summary>An answer to HEAD has the code alone.</summary>
    private static string Error(RawRequest request, string status, string code, string detail = "", string headers = "") =>
        request.Line.StartsWith("HEAD", StringComparison.Ordinal)
            ? RawHttpServer.Answer(status, headers: $"{headers}x-ms-error-code: {code}\r\n")
            : RawHttpServer.Answer(
                status,
                $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected\nRequestId:1</Message>{detail}</Error>",
                $"{headers}x-ms-error-code: {code}\r\nContent-Type: application/xml\r\n");

    private static AzureBucket Open(RawHttpServer server, Func<AzureBucketSettings, AzureBucketSettings>? change = null)
    {
        var settings = new AzureBucketSettings
        {
            ContainerName = "container",
            ConnectionString = $"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={Key};BlobEndpoint={server.Endpoint}/account;",
        };
        return new AzureBucket(change?.Invoke(settings) ?? settings);
    }

    private static Task Put(AzureBucket bucket) => bucket.PutAsync("object", new BytesSource("content"u8.ToArray()), new PutOptions(), default);
}
