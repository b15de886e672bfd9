using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3.Model;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>The one place that says what an answer of an S3 endpoint, or an exception of the SDK, means.</summary>
/// <remarks>Codes: "Error responses" of the Amazon S3 API reference, and those that Ceph's gateway and MinIO add.</remarks>
internal static class S3BucketErrors
{
    /// <summary>The upload in parts was completed or aborted before.</summary>
    internal const string NoSuchUpload = "NoSuchUpload";

    private const string ClockSkew = "RequestTimeTooSkewed";

    private static readonly Dictionary<string, BucketErrorKind> ByCode = new(StringComparer.Ordinal)
    {
        ["NoSuchBucket"] = BucketErrorKind.NoSuchBucket,
        ["InvalidAccessKeyId"] = BucketErrorKind.Unauthenticated,
        ["SignatureDoesNotMatch"] = BucketErrorKind.Unauthenticated,
        ["ExpiredToken"] = BucketErrorKind.Unauthenticated,
        ["InvalidToken"] = BucketErrorKind.Unauthenticated,
        ["TokenRefreshRequired"] = BucketErrorKind.Unauthenticated,
        ["RequestExpired"] = BucketErrorKind.Unauthenticated,
        ["MissingSecurityHeader"] = BucketErrorKind.Unauthenticated,
        ["AuthorizationHeaderMalformed"] = BucketErrorKind.Unauthenticated,
        [ClockSkew] = BucketErrorKind.Unauthenticated,
        ["AccessDenied"] = BucketErrorKind.Forbidden,
        ["AllAccessDisabled"] = BucketErrorKind.Forbidden,
        ["AccountProblem"] = BucketErrorKind.Forbidden,
        [NoSuchUpload] = BucketErrorKind.NoSuchUpload,
        ["InvalidObjectState"] = BucketErrorKind.Archived,
        ["SlowDown"] = BucketErrorKind.Throttled,
        ["ServiceUnavailable"] = BucketErrorKind.Throttled,
        ["TooManyRequests"] = BucketErrorKind.Throttled,
        ["Throttling"] = BucketErrorKind.Throttled,
        ["ThrottlingException"] = BucketErrorKind.Throttled,
        ["RequestLimitExceeded"] = BucketErrorKind.Throttled,
        ["BandwidthLimitExceeded"] = BucketErrorKind.Throttled,
        ["RequestTimeout"] = BucketErrorKind.Timeout,
        ["IncompleteBody"] = BucketErrorKind.Truncated,
        ["BadDigest"] = BucketErrorKind.ChecksumMismatch,
        ["XAmzContentSHA256Mismatch"] = BucketErrorKind.ChecksumMismatch,
        ["XAmzContentChecksumMismatch"] = BucketErrorKind.ChecksumMismatch,
        ["PreconditionFailed"] = BucketErrorKind.AlreadyExists,
        ["ConditionalRequestConflict"] = BucketErrorKind.ProviderFailure, // a concurrent request for the key; AWS says: try again
        ["OperationAborted"] = BucketErrorKind.ProviderFailure,
        ["InternalError"] = BucketErrorKind.ProviderFailure,
        ["QuotaExceeded"] = BucketErrorKind.NoSpace,
        ["XMinioStorageFull"] = BucketErrorKind.NoSpace,
    };

    /// <summary>The kind of an answer that is neither success nor the absence of an object.</summary>
    internal static BucketErrorKind Classify(HttpStatusCode status, string? code)
    {
        if (code is not null && ByCode.TryGetValue(code, out var kind))
            return kind;
        return (int)status switch
        {
            401 => BucketErrorKind.Unauthenticated,
            403 => BucketErrorKind.Forbidden,
            408 => BucketErrorKind.Timeout,
            412 => BucketErrorKind.AlreadyExists,
            429 => BucketErrorKind.Throttled,
            507 => BucketErrorKind.NoSpace,
            >= 500 => BucketErrorKind.ProviderFailure,
            _ => BucketErrorKind.InvalidRequest,
        };
    }

    /// <summary>
    /// True only for the endpoint's own word that the object does not exist. Answers to HEAD have no body, hence no code; any other
    /// 404 without the code (a proxy's page) proves nothing.
    /// </summary>
    internal static bool SaysAbsent(AmazonServiceException answer, bool toHead) =>
        answer.StatusCode == HttpStatusCode.NotFound
        && (answer.ErrorCode is "NoSuchKey" || (toHead && answer.ErrorCode is null or "" or "NotFound"));

    /// <summary>Why one object of several was not deleted; null when it was not there.</summary>
    internal static BucketException? OfDelete(DeleteError error) => error.Code is "NoSuchKey"
        ? null
        : new BucketException(Classify(default, error.Code), $"delete {error.Key}: {error.Code}: {error.Message}");

    /// <summary>What a failed attempt is to the rest of the program.</summary>
    /// <param name="what">Operation and key, for the message.</param>
    /// <param name="failure">As thrown by the SDK or by reading its stream.</param>
    /// <param name="stalled">Our own stall timeout ended it.</param>
    internal static BucketException Translate(string what, Exception failure, bool stalled)
    {
        if (TransferFailure.Known(what, failure, stalled) is { } known)
            return known;
        if (failure is AmazonServiceException { StatusCode: not default(HttpStatusCode) } answer)
            return FromAnswer(what, answer);
        if (TransferFailure.Find(what, failure) is { } network)
            return network;
        // What is left is the SDK refusing to send: no credentials found, an impossible setting.
        var local = failure.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase)
            ? BucketErrorKind.Unauthenticated
            : BucketErrorKind.InvalidRequest;
        return new BucketException(local, $"{what}: {failure.Message}", failure);
    }

    private static BucketException FromAnswer(string what, AmazonServiceException answer)
    {
        var advice = answer.ErrorCode switch
        {
            ClockSkew => " (this machine's clock differs too much from the provider's: set it right)",
            "PermanentRedirect" or "AuthorizationHeaderMalformed" => " (Region or Endpoint is not the bucket's)",
            _ => "",
        };
        var message = $"{what}: HTTP {(int)answer.StatusCode} {answer.ErrorCode}: {answer.Message}{advice}";
        return new BucketException(Classify(answer.StatusCode, answer.ErrorCode), message, answer) { RetryAfter = RetryAfterOf(answer) };
    }

    private static TimeSpan? RetryAfterOf(AmazonServiceException answer) =>
        answer.InnerException is HttpErrorResponseException { Response: { } response } && response.IsHeaderPresent("Retry-After")
            ? TransferFailure.RetryAfter(response.GetHeaderValue("Retry-After"))
            : null;
}
