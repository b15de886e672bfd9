using Azure;
using Azure.Identity;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Azure;

/// <summary>The one place that says what an answer of Azure Blob Storage, or an exception of the SDK, means.</summary>
/// <remarks>Codes: "Common REST API error codes" and "Blob Storage error codes" of Microsoft's reference.</remarks>
internal static class AzureBucketErrors
{
    private const string BlobNotFound = "BlobNotFound";
    private const string ConditionNotMet = "ConditionNotMet";
    private const string AuthenticationFailed = "AuthenticationFailed";

    private static readonly Dictionary<string, BucketErrorKind> ByCode = new(StringComparer.Ordinal)
    {
        ["ContainerNotFound"] = BucketErrorKind.NoSuchBucket,
        ["ContainerDisabled"] = BucketErrorKind.NoSuchBucket,
        ["ContainerBeingDeleted"] = BucketErrorKind.NoSuchBucket,
        [AuthenticationFailed] = BucketErrorKind.Unauthenticated,
        ["InvalidAuthenticationInfo"] = BucketErrorKind.Unauthenticated,
        ["NoAuthenticationInformation"] = BucketErrorKind.Unauthenticated,
        ["BlobArchived"] = BucketErrorKind.Archived,
        ["BlobBeingRehydrated"] = BucketErrorKind.Archived,
        ["BlobAlreadyExists"] = BucketErrorKind.AlreadyExists,
        ["BlobImmutableDueToPolicy"] = BucketErrorKind.Forbidden,
        ["ServerBusy"] = BucketErrorKind.Throttled,
        ["OperationTimedOut"] = BucketErrorKind.Timeout,
        ["InternalError"] = BucketErrorKind.ProviderFailure,
        ["Md5Mismatch"] = BucketErrorKind.ChecksumMismatch,
        ["Crc64Mismatch"] = BucketErrorKind.ChecksumMismatch,
        ["InvalidBlockList"] = BucketErrorKind.NoSuchUpload,
    };

    /// <summary>The kind of an answer that is neither success nor the absence of a blob.</summary>
    internal static BucketErrorKind Classify(int status, string? code)
    {
        if (code is not null && ByCode.TryGetValue(code, out var kind))
            return kind;
        return status switch
        {
            401 => BucketErrorKind.Unauthenticated,
            403 => BucketErrorKind.Forbidden,
            408 => BucketErrorKind.Timeout,
            412 when code == ConditionNotMet => BucketErrorKind.AlreadyExists,
            429 => BucketErrorKind.Throttled,
            >= 500 => BucketErrorKind.ProviderFailure,
            _ => BucketErrorKind.InvalidRequest,
        };
    }

    /// <summary>True only for Azure's own word that the blob does not exist; it comes in a header, so also with an answer to HEAD.</summary>
    internal static bool SaysAbsent(RequestFailedException answer) => answer is { Status: 404, ErrorCode: BlobNotFound };

    /// <summary>The blob is another version than the one that was asked for.</summary>
    internal static bool SaysChanged(RequestFailedException answer) => answer is { Status: 412, ErrorCode: ConditionNotMet };

    /// <summary>What was to be copied does not exist.</summary>
    internal static bool SaysSourceAbsent(RequestFailedException answer) => answer is { Status: 404, ErrorCode: "CannotVerifyCopySource" };

    /// <summary>What was to be copied is another version.</summary>
    internal static bool SaysSourceChanged(RequestFailedException answer) => answer is { Status: 412, ErrorCode: ConditionNotMet or "SourceConditionNotMet" };

    /// <summary>What a failed attempt is to the rest of the program.</summary>
    /// <param name="what">Operation and key, for the message.</param>
    /// <param name="failure">As thrown by the SDK or by reading its stream.</param>
    /// <param name="stalled">Our own stall timeout ended it.</param>
    internal static BucketException Translate(string what, Exception failure, bool stalled)
    {
        if (TransferFailure.Known(what, failure, stalled) is { } known)
            return known;
        if (failure is RequestFailedException { Status: > 0 } answer)
            return FromAnswer(what, answer);
        if (failure is AuthenticationFailedException or CredentialUnavailableException)
            return new BucketException(BucketErrorKind.Unauthenticated, $"{what}: {FirstLine(failure.Message)}", failure);
        return TransferFailure.Find(what, failure)
            ?? new BucketException(BucketErrorKind.InvalidRequest, $"{what}: {FirstLine(failure.Message)}", failure);
    }

    private static BucketException FromAnswer(string what, RequestFailedException answer)
    {
        // The detail reads "Request date header too old: '…'", or "… not specified correctly".
        var advice = answer.ErrorCode == AuthenticationFailed && answer.Message.Contains("date header", StringComparison.OrdinalIgnoreCase)
            ? " (this machine's clock differs too much from the provider's: set it right)"
            : "";
        var message = $"{what}: HTTP {answer.Status} {answer.ErrorCode}: {FirstLine(answer.Message)}{advice}";
        var retryAfter = answer.GetRawResponse()?.Headers.TryGetValue("Retry-After", out var value) == true ? value : null;
        return new BucketException(Classify(answer.Status, answer.ErrorCode), message, answer)
        {
            RetryAfter = TransferFailure.RetryAfter(retryAfter),
        };
    }

    /// <summary>The SDK appends all headers of the answer.</summary>
    private static string FirstLine(string message) => message.AsSpan().TrimStart().ToString().Split('\n', 2)[0].TrimEnd();
}
