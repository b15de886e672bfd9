using System.Net;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>An answer of the JSON API that is no success.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="reason">Google's own word, such as <c>notFound</c>; null where the answer is not Google's, or not JSON.</param>
/// <param name="message">Google's own sentence.</param>
/// <param name="retryAfter">What the header of that name says.</param>
internal sealed class GoogleAnswerException(HttpStatusCode status, string? reason, string message, TimeSpan? retryAfter) : Exception(message)
{
    internal HttpStatusCode Status { get; } = status;

    internal string? Reason { get; } = reason;

    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
