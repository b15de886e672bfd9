using System.Net;
using Google.Apis.Auth.OAuth2.Responses;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>The one place that says what an answer of Google Cloud Storage, or of its token endpoint, means.</summary>
/// <remarks>"HTTP status and error codes for JSON" of Google's reference.</remarks>
internal static class GoogleBucketErrors
{
    // How the sentences of missing things begin, in JSON and in the plain text that answers a download.
    private const string NoSuchObject = "No such object";
    private const string NoSuchBucket = "The specified bucket does not exist";

    private static readonly Dictionary<string, BucketErrorKind> ByReason = new(StringComparer.Ordinal)
    {
        ["authError"] = BucketErrorKind.Unauthenticated,
        ["required"] = BucketErrorKind.Unauthenticated,
        ["rateLimitExceeded"] = BucketErrorKind.Throttled,
        ["userRateLimitExceeded"] = BucketErrorKind.Throttled,
        ["conditionNotMet"] = BucketErrorKind.AlreadyExists,
        ["uploadBrokenConnection"] = BucketErrorKind.Truncated,
    };

    /// <summary>What a 404 says.</summary>
    internal enum Absence
    {
        /// <summary>It is not Google's word, or it is no 404.</summary>
        None,

        /// <summary>The object does not exist; the bucket does.</summary>
        Object,

        /// <summary>The object or its bucket does not exist.</summary>
        ObjectOrBucket,
    }

    /// <summary>Of whose absence an answer speaks. A 404 without Google's own reason or sentence (a proxy's page) proves nothing.</summary>
    internal static Absence AbsenceIn(GoogleAnswerException answer)
    {
        if (answer.Status != HttpStatusCode.NotFound)
            return Absence.None;
        if (answer.Message.StartsWith(NoSuchObject, StringComparison.Ordinal))
            return Absence.Object;
        return SaysNotFound(answer) ? Absence.ObjectOrBucket : Absence.None;
    }

    /// <summary>The kind of an answer that is neither success nor the absence of an object.</summary>
    internal static BucketErrorKind Classify(GoogleAnswerException answer)
    {
        if (answer.Reason is { } reason && ByReason.TryGetValue(reason, out var kind))
            return kind;
        return (int)answer.Status switch
        {
            // Google has no code of its own for it: "Provided CRC32C "…" doesn't match calculated CRC32C "…"".
            400 when answer.Message.Contains("match calculated", StringComparison.Ordinal) => BucketErrorKind.ChecksumMismatch,
            401 => BucketErrorKind.Unauthenticated,
            403 => BucketErrorKind.Forbidden,
            404 when SaysNotFound(answer) => BucketErrorKind.NoSuchBucket,
            408 => BucketErrorKind.Timeout,
            412 => BucketErrorKind.AlreadyExists,
            429 => BucketErrorKind.Throttled,
            503 => BucketErrorKind.Throttled,
            >= 500 => BucketErrorKind.ProviderFailure,
            _ => BucketErrorKind.InvalidRequest,
        };
    }

    /// <summary>What a failed attempt is to the rest of the program.</summary>
    /// <param name="what">Operation and key, for the message.</param>
    /// <param name="failure">As thrown by the client or by reading its stream.</param>
    /// <param name="stalled">Our own stall timeout ended it.</param>
    internal static BucketException Translate(string what, Exception failure, bool stalled)
    {
        if (TransferFailure.Known(what, failure, stalled) is { } known)
            return known;
        return failure switch
        {
            GoogleAnswerException answer => new BucketException(
                Classify(answer), $"{what}: HTTP {(int)answer.Status}{(answer.Reason is null ? "" : " ")}{answer.Reason}: {answer.Message}", answer)
            {
                RetryAfter = answer.RetryAfter,
            },
            TokenResponseException refused => NoToken(what, refused),
            _ => TransferFailure.Find(what, failure) ?? Refused(what, failure),
        };
    }

    private static bool SaysNotFound(GoogleAnswerException answer) =>
        answer.Reason == "notFound" || answer.Message.StartsWith(NoSuchBucket, StringComparison.Ordinal);

    /// <summary>The library refuses to send: it finds no default credentials, or a setting is impossible.</summary>
    private static BucketException Refused(string what, Exception failure)
    {
        var kind = failure.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase)
            ? BucketErrorKind.Unauthenticated
            : BucketErrorKind.InvalidRequest;
        return new BucketException(kind, $"{what}: {failure.Message.ReplaceLineEndings(" ")}", failure);
    }

    /// <summary>RFC 6749, section 5.2; a wrong clock is an <c>invalid_grant</c> whose sentence speaks of <c>iat</c> and <c>exp</c>.</summary>
    private static BucketException NoToken(string what, TokenResponseException refused)
    {
        var advice = refused.Error?.ErrorDescription?.Contains("iat", StringComparison.Ordinal) == true
            ? " (this machine's clock differs too much from the provider's: set it right)"
            : "";
        // Anything but a word of the token endpoint itself may pass.
        var kind = refused.StatusCode is >= HttpStatusCode.InternalServerError ? BucketErrorKind.ProviderFailure : BucketErrorKind.Unauthenticated;
        var message = refused.Error is { } error ? $"{error.Error}: {error.ErrorDescription}" : refused.Message;
        return new BucketException(kind, $"{what}: no access token: {message.ReplaceLineEndings(" ")}{advice}", refused);
    }
}
