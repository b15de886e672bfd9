using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using OrthancCloudFs.Buckets.S3;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.S3;

public sealed class S3BucketErrorsTests
{
    [Theory]
    [InlineData(404, "NoSuchBucket", BucketErrorKind.NoSuchBucket)]
    [InlineData(401, null, BucketErrorKind.Unauthenticated)]
    [InlineData(403, "InvalidAccessKeyId", BucketErrorKind.Unauthenticated)]
    [InlineData(403, "SignatureDoesNotMatch", BucketErrorKind.Unauthenticated)]
    [InlineData(400, "ExpiredToken", BucketErrorKind.Unauthenticated)]
    [InlineData(400, "InvalidToken", BucketErrorKind.Unauthenticated)]
    [InlineData(400, "TokenRefreshRequired", BucketErrorKind.Unauthenticated)]
    [InlineData(403, "RequestExpired", BucketErrorKind.Unauthenticated)]
    [InlineData(403, "RequestTimeTooSkewed", BucketErrorKind.Unauthenticated)]
    [InlineData(400, "AuthorizationHeaderMalformed", BucketErrorKind.Unauthenticated)]
    [InlineData(403, "AccessDenied", BucketErrorKind.Forbidden)]
    [InlineData(403, null, BucketErrorKind.Forbidden)]
    [InlineData(403, "SomethingNew", BucketErrorKind.Forbidden)]
    [InlineData(403, "InvalidObjectState", BucketErrorKind.Archived)]
    [InlineData(403, "QuotaExceeded", BucketErrorKind.NoSpace)]
    [InlineData(507, null, BucketErrorKind.NoSpace)]
    [InlineData(507, "XMinioStorageFull", BucketErrorKind.NoSpace)]
    [InlineData(503, "SlowDown", BucketErrorKind.Throttled)]
    [InlineData(503, "ServiceUnavailable", BucketErrorKind.Throttled)]
    [InlineData(429, null, BucketErrorKind.Throttled)]
    [InlineData(400, "RequestLimitExceeded", BucketErrorKind.Throttled)]
    [InlineData(503, null, BucketErrorKind.ProviderFailure)]
    [InlineData(500, "InternalError", BucketErrorKind.ProviderFailure)]
    [InlineData(502, null, BucketErrorKind.ProviderFailure)]
    [InlineData(501, "NotImplemented", BucketErrorKind.ProviderFailure)]
    [InlineData(409, "ConditionalRequestConflict", BucketErrorKind.ProviderFailure)]
    [InlineData(409, "OperationAborted", BucketErrorKind.ProviderFailure)]
    [InlineData(408, null, BucketErrorKind.Timeout)]
    [InlineData(400, "RequestTimeout", BucketErrorKind.Timeout)]
    [InlineData(400, "IncompleteBody", BucketErrorKind.Truncated)]
    [InlineData(400, "BadDigest", BucketErrorKind.ChecksumMismatch)]
    [InlineData(400, "XAmzContentSHA256Mismatch", BucketErrorKind.ChecksumMismatch)]
    [InlineData(400, "XAmzContentChecksumMismatch", BucketErrorKind.ChecksumMismatch)]
    [InlineData(412, "PreconditionFailed", BucketErrorKind.AlreadyExists)]
    [InlineData(412, null, BucketErrorKind.AlreadyExists)]
    [InlineData(400, "InvalidArgument", BucketErrorKind.InvalidRequest)]
    [InlineData(416, "InvalidRange", BucketErrorKind.InvalidRequest)]
    [InlineData(404, null, BucketErrorKind.InvalidRequest)]
    [InlineData(301, "PermanentRedirect", BucketErrorKind.InvalidRequest)]
    public void Answers_have_a_kind(int status, string? code, BucketErrorKind expected) =>
        Assert.Equal(expected, S3BucketErrors.Classify((HttpStatusCode)status, code));

    public static TheoryData<Exception, BucketErrorKind> Failures => new()
    {
        { new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused)), BucketErrorKind.Network },
        { new HttpRequestException("no such host", new SocketException((int)SocketError.HostNotFound)), BucketErrorKind.Network },
        { new IOException("reset", new SocketException((int)SocketError.ConnectionReset)), BucketErrorKind.Network },
        { new HttpRequestException("slow", new SocketException((int)SocketError.TimedOut)), BucketErrorKind.Timeout },
        { new TaskCanceledException("connect", new TimeoutException("connect timed out")), BucketErrorKind.Timeout },
        { new HttpRequestException("TLS", new AuthenticationException("bad certificate")), BucketErrorKind.Network },
        { new HttpIOException(HttpRequestError.ResponseEnded, "no answer"), BucketErrorKind.Network },
        { new Amazon.Runtime.AmazonClientException("Failed to resolve AWS credentials."), BucketErrorKind.Unauthenticated },
        { new InvalidOperationException("impossible setting"), BucketErrorKind.InvalidRequest },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Exceptions_have_a_kind(Exception failure, BucketErrorKind expected)
    {
        var translated = S3BucketErrors.Translate("get object", failure, stalled: false);
        Assert.Equal(expected, translated.Kind);
        Assert.StartsWith("get object: ", translated.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stall_is_a_timeout_whatever_was_thrown() =>
        Assert.Equal(BucketErrorKind.Timeout, S3BucketErrors.Translate("get object", new IOException("aborted"), stalled: true).Kind);
}
