using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.TestKit.Programs;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.S3;

/// <summary>What each fault at the socket becomes, and what our requests look like on the wire.</summary>
public sealed class S3FaultTests
{
    [Theory]
    [InlineData("503 Slow Down", "SlowDown", BucketErrorKind.Throttled)]
    [InlineData("429 Too Many Requests", "TooManyRequests", BucketErrorKind.Throttled)]
    [InlineData("500 Internal Server Error", "InternalError", BucketErrorKind.ProviderFailure)]
    [InlineData("409 Conflict", "ConditionalRequestConflict", BucketErrorKind.ProviderFailure)]
    [InlineData("403 Forbidden", "AccessDenied", BucketErrorKind.Forbidden)]
    [InlineData("403 Forbidden", "InvalidAccessKeyId", BucketErrorKind.Unauthenticated)]
    [InlineData("403 Forbidden", "InvalidObjectState", BucketErrorKind.Archived)]
    [InlineData("403 Forbidden", "QuotaExceeded", BucketErrorKind.NoSpace)]
    [InlineData("404 Not Found", "NoSuchBucket", BucketErrorKind.NoSuchBucket)]
    [InlineData("400 Bad Request", "BadDigest", BucketErrorKind.ChecksumMismatch)]
    [InlineData("400 Bad Request", "RequestTimeout", BucketErrorKind.Timeout)]
    [InlineData("301 Moved Permanently", "PermanentRedirect", BucketErrorKind.InvalidRequest)]
    public async Task Every_operation_tells_the_kind_of_an_error_answer(string status, string code, BucketErrorKind expected)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Error(status, code));
        await using var bucket = Open(server.Endpoint);
        Func<Task>[] operations =
        [
            () => bucket.GetAsync("object", default, new BytesTarget(), default),
            () => Put(bucket),
            () => bucket.DeleteAsync("object", default),
            () => bucket.DeleteManyAsync(["object", "other"], default),
            () => bucket.ListAsync("", null, null, 10, default),
        ];
        foreach (var operation in operations)
        {
            var failure = await Assert.ThrowsAsync<BucketException>(operation);
            Assert.Equal(expected, failure.Kind);
            Assert.Contains(code, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("top-secret", failure.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(operations.Length, server.Requests.Count); // the SDK retried nothing
    }

    [Fact]
    public async Task The_wish_to_wait_is_handed_on()
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Error("503 Slow Down", "SlowDown", "Retry-After: 7\r\n"));
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Put(bucket));
        Assert.Equal(TimeSpan.FromSeconds(7), failure.RetryAfter);
    }

    [Fact]
    public async Task A_wrong_clock_is_called_a_wrong_clock()
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Error("403 Forbidden", "RequestTimeTooSkewed"));
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => Put(bucket));
        Assert.Equal(BucketErrorKind.Unauthenticated, failure.Kind);
        Assert.Contains("clock", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>no such page</html>")]
    public async Task A_404_that_is_not_the_providers_word_is_no_absence(string page)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("404 Not Found", page, "Content-Type: text/html\r\n"));
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.InvalidRequest, failure.Kind);
    }

    [Fact]
    public async Task Each_key_of_several_has_its_own_outcome_and_the_request_its_MD5()
    {
        const string Body = """
            <DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Deleted><Key>done</Key></Deleted>
            <Error><Key>locked</Key><Code>AccessDenied</Code><Message>legal hold</Message></Error>
            <Error><Key>slow</Key><Code>SlowDown</Code></Error><Error><Key>broken</Key><Code>InternalError</Code></Error>
            <Error><Key>absent</Key><Code>NoSuchKey</Code></Error></DeleteResult>
            """;
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", Body, "Content-Type: application/xml\r\n"));
        await using var bucket = Open(server.Endpoint);

        var outcomes = await bucket.DeleteManyAsync(["locked", "done", "slow", "broken", "absent", "unmentioned"], default);

        Assert.Equal(
            [BucketErrorKind.Forbidden, null, BucketErrorKind.Throttled, BucketErrorKind.ProviderFailure, null, BucketErrorKind.ProviderFailure],
            outcomes.Select(outcome => outcome?.Kind));
        Assert.Contains("legal hold", outcomes[0]!.Message, StringComparison.Ordinal);
        var request = Assert.Single(server.Requests);
        Assert.Equal(Convert.ToBase64String(MD5.HashData(request.Body)), request.Headers["Content-MD5"]);
        Assert.DoesNotContain(request.Headers.Keys, header => header.Contains("crc", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("top-secret", request.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>fine</html>")]
    [InlineData("<DeleteResult></DeleteResult>")]
    public async Task An_answer_that_names_no_key_confirms_none(string body)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", body, "Content-Type: application/xml\r\n"));
        await using var bucket = Open(server.Endpoint);
        try
        {
            Assert.All(await bucket.DeleteManyAsync(["a", "b"], default), Assert.NotNull);
        }
        catch (BucketException)
        {
            // As good.
        }
    }

    [Fact]
    public async Task A_404_to_a_head_is_an_absence_only_where_the_bucket_exists()
    {
        var exists = true;
        await using var server = new RawHttpServer(request => request.Line.StartsWith("HEAD /bucket/object", StringComparison.Ordinal) || !exists
            ? RawHttpServer.Answer("404 Not Found")
            : RawHttpServer.Answer("200 OK"));
        await using (var bucket = Open(server.Endpoint))
        {
            Assert.Null(await bucket.HeadAsync("object", default));
            Assert.Null(await bucket.HeadAsync("object", default));
            Assert.Equal(3, server.Requests.Count); // proven once
        }
        exists = false;
        await using (var bucket = Open(server.Endpoint))
            Assert.Equal(BucketErrorKind.NoSuchBucket, (await Assert.ThrowsAsync<BucketException>(() => bucket.HeadAsync("object", default))).Kind);
    }

    [Theory]
    [InlineData(false, BucketErrorKind.Truncated)]
    [InlineData(true, BucketErrorKind.Network)]
    public async Task A_body_that_ends_early_never_passes_for_whole(bool reset, BucketErrorKind expected)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", new string('x', 500), "ETag: \"e\"\r\n", length: 1000), reset);
        await using var bucket = Open(server.Endpoint);
        var target = new BytesTarget(100);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, target, default));
        Assert.True(expected == failure.Kind, failure.ToString());
        Assert.Equal(500, target.Received.Length);
    }

    [Fact]
    public async Task A_body_without_an_announced_length_never_passes_for_an_empty_object()
    {
        await using var server = new RawHttpServer(
            _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Length: -5\r\n")]
    public async Task An_answer_without_a_length_is_no_empty_object(string headers)
    {
        await using var server = new RawHttpServer(_ => $"HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n");
        await using var bucket = Open(server.Endpoint);
        foreach (var operation in (Func<Task>[])[() => bucket.HeadAsync("object", default), () => bucket.GetAsync("object", default, new BytesTarget(), default)])
            Assert.Equal(BucketErrorKind.ProviderFailure, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<InitiateMultipartUploadResult><UploadId></UploadId></InitiateMultipartUploadResult>")]
    public async Task An_upload_without_a_name_is_none(string body)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", body, "Content-Type: application/xml\r\n"));
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.BeginUploadAsync("object", new PutOptions(), default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    [Theory]
    [InlineData("<Contents><Size>5</Size></Contents>")]
    [InlineData("<Contents><Key>object</Key></Contents>")]
    [InlineData("<Contents><Key>object</Key><Size>-5</Size></Contents>")]
    [InlineData("<CommonPrefixes><Prefix></Prefix></CommonPrefixes>")]
    public async Task A_listing_that_does_not_say_what_it_lists_is_refused(string item)
    {
        await using var server = new RawHttpServer(
            _ => RawHttpServer.Answer("200 OK", $"<ListBucketResult>{item}</ListBucketResult>", "Content-Type: application/xml\r\n"));
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.ListAsync("", null, null, 10, default));
        Assert.Equal(BucketErrorKind.ProviderFailure, failure.Kind);
    }

    [Fact]
    public async Task A_body_without_the_MD5_of_its_ETag_is_refused_on_request()
    {
        var etag = Convert.ToHexStringLower(MD5.HashData("abcd"u8));
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", "abce", $"ETag: \"{etag}\"\r\n"));
        await using var bucket = Open(server.Endpoint, settings => settings with { VerifyETagOnGet = true });
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.ChecksumMismatch, failure.Kind);
    }

    [Fact]
    public async Task An_endpoint_that_ignores_ranges_is_refused()
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", new string('x', 1000)));
        await using var bucket = Open(server.Endpoint);
        var failure = await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", new GetOptions(new ByteRange(0, 10)), new BytesTarget(), default));
        Assert.Equal(BucketErrorKind.InvalidRequest, failure.Kind);
    }

    [Fact]
    public async Task A_connection_closed_without_an_answer_is_a_network_failure()
    {
        await using var server = new RawHttpServer(_ => "");
        await using var bucket = Open(server.Endpoint);
        Assert.Equal(BucketErrorKind.Network, (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).Kind);
    }

    [Fact]
    public async Task A_refused_connection_is_a_network_failure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var bucket = Open($"http://127.0.0.1:{port}");
        Assert.Equal(BucketErrorKind.Network, (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).Kind);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_a_timeout()
    {
        await using var server = new RawHttpServer(_ => null);
        await using var bucket = Open(server.Endpoint, settings => settings with { StallTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal(BucketErrorKind.Timeout, (await Assert.ThrowsAsync<BucketException>(() => Put(bucket))).Kind);
        Assert.Equal(
            BucketErrorKind.Timeout,
            (await Assert.ThrowsAsync<BucketException>(() => bucket.GetAsync("object", default, new BytesTarget(), default))).Kind);
    }

    [Fact]
    public async Task Waiting_for_a_free_connection_is_no_stall()
    {
        await using var server = new RawHttpServer(_ =>
        {
            Thread.Sleep(200);
            return RawHttpServer.Answer("200 OK");
        });
        await using var bucket = new AdaptiveBucket(
            Open(server.Endpoint, settings => settings with { MaxConnections = 1, StallTimeout = TimeSpan.FromSeconds(1) }),
            maxRequests: 1,
            NullLogger<AdaptiveBucket>.Instance);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Put(bucket)));
        Assert.Equal(8, server.Requests.Count);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_one()
    {
        await using var server = new RawHttpServer(_ => null);
        await using var bucket = Open(server.Endpoint);
        using var caller = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bucket.HeadAsync("object", caller.Token));
    }

    [Fact]
    public async Task A_put_is_one_request_with_the_hash_of_its_body_and_no_framing()
    {
        var content = new byte[5000];
        new Random(1).NextBytes(content);
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK", headers: "ETag: \"e\"\r\n"));
        await using var bucket = Open(server.Endpoint, settings => settings with
        {
            StorageClass = "STANDARD_IA",
            Tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
            UserAgentSuffix = "orthanc-cloudfs",
        });
        await bucket.PutAsync("aa/object", new BytesSource(content), new PutOptions(IfAbsent: true), default);

        var request = Assert.Single(server.Requests);
        Assert.Equal("PUT /bucket/aa/object HTTP/1.1", request.Line);
        Assert.Equal(content, request.Body);
        var sha256 = SHA256.HashData(content);
        Assert.Equal(Convert.ToHexStringLower(sha256), request.Headers["x-amz-content-sha256"]);
        Assert.Equal(Convert.ToBase64String(sha256), request.Headers["x-amz-checksum-sha256"]);
        Assert.Equal("*", request.Headers["If-None-Match"]);
        Assert.Equal("STANDARD_IA", request.Headers["x-amz-storage-class"]);
        Assert.Equal("a=1&b=2", request.Headers["x-amz-tagging"]);
        Assert.Contains("orthanc-cloudfs", request.Headers["User-Agent"], StringComparison.Ordinal);
        Assert.Contains("/eu-west-3/s3/aws4_request", request.Headers["Authorization"], StringComparison.Ordinal);
        Assert.Contains("x-amz-checksum-sha256", request.Headers["Authorization"], StringComparison.Ordinal); // signed
        Assert.DoesNotContain("Expect", request.Headers.Keys);
        Assert.DoesNotContain("x-amz-trailer", request.Headers.Keys);
    }

    [Theory]
    [InlineData(S3UploadChecksum.Md5, true)]
    [InlineData(S3UploadChecksum.SignatureOnly, false)]
    public async Task Old_gateways_are_spared_the_new_header(S3UploadChecksum checksum, bool md5)
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK"));
        await using var bucket = Open(server.Endpoint, settings => settings with { Checksum = checksum });
        await bucket.PutAsync("object", new BytesSource("abc"u8.ToArray()), new PutOptions(), default);
        var request = Assert.Single(server.Requests);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("abc"u8)), request.Headers["x-amz-content-sha256"]);
        Assert.DoesNotContain("x-amz-checksum-sha256", request.Headers.Keys);
        Assert.Equal(md5 ? Convert.ToBase64String(MD5.HashData("abc"u8)) : null, request.Headers.GetValueOrDefault("Content-MD5"));
    }

    [Fact]
    public async Task TLS_is_trusted_only_by_the_given_authorities()
    {
        Assert.SkipWhen(Wine.IsRunning, Wine.NoRsa);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        await using var server = new RawHttpServer(_ => RawHttpServer.Answer("200 OK"), certificate: certificate);

        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, certificate.ExportCertificatePem());
            await using var trusting = Open(server.Endpoint, settings => settings with { HttpsCACertificates = file });
            await Put(trusting);
            Assert.Single(server.Requests);
            await using var strange = Open(server.Endpoint);
            var failure = await Assert.ThrowsAsync<BucketException>(() => Put(strange));
            Assert.Equal(BucketErrorKind.Network, failure.Kind);
            Assert.Contains("TLS", failure.Message, StringComparison.Ordinal);
            Assert.Single(server.Requests);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Settings_never_print_the_secret()
    {
        var settings = Settings("http://127.0.0.1:9");
        Assert.Equal("s3://bucket at http://127.0.0.1:9", settings.ToString());
        Assert.DoesNotContain("top-secret", $"{settings}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://host")]
    [InlineData("not a host")]
    public void An_endpoint_that_is_none_is_refused(string endpoint) => Assert.Throws<ArgumentException>(() => Open(endpoint));

    [Fact]
    public void One_key_without_the_other_is_refused() =>
        Assert.Throws<ArgumentException>(() => Open("http://127.0.0.1:9", settings => settings with { SecretKey = null }));

    private static S3BucketSettings Settings(string endpoint) => new()
    {
        BucketName = "bucket",
        Region = "eu-west-3",
        Endpoint = endpoint,
        AccessKey = "access",
        SecretKey = "top-secret",
        VirtualAddressing = false,
    };

    private static S3Bucket Open(string endpoint, Func<S3BucketSettings, S3BucketSettings>? change = null) =>
        new(change?.Invoke(Settings(endpoint)) ?? Settings(endpoint));

    private static Task Put(IBucket bucket) => bucket.PutAsync("object", new BytesSource("content"u8.ToArray()), new PutOptions(), default);
}
