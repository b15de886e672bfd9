using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>What failures on the way mean, whichever SDK wraps them.</summary>
internal static class TransferFailure
{
    /// <summary>A failure that has its kind already, or that our own stall timeout made; null for any other.</summary>
    internal static BucketException? Known(string what, Exception failure, bool stalled) => failure is BucketException known
        ? known
        : stalled ? new BucketException(BucketErrorKind.Timeout, $"{what}: nothing moved for too long", failure) : null;

    /// <summary>The first cause that says what happened on the network; null where none does.</summary>
    internal static BucketException? Find(string what, Exception failure)
    {
        foreach (var cause in CausesOf(failure))
        {
            if (KindOf(cause) is { } kind)
                return new BucketException(kind, $"{what}: {(cause is AuthenticationException ? "TLS refused: " : "")}{cause.Message}", failure);
        }
        return null;
    }

    /// <summary>How long to wait, by RFC 9110: seconds, or a date.</summary>
    internal static TimeSpan? RetryAfter(string? value)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        if (!DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            return null;
        var wait = date - DateTimeOffset.UtcNow;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private static IEnumerable<Exception> CausesOf(Exception failure)
    {
        // Some SDKs try several times, or several ways, and report all of it.
        IEnumerable<Exception> inner = failure is AggregateException several ? several.InnerExceptions : failure.InnerException is { } one ? [one] : [];
        return inner.SelectMany(CausesOf).Prepend(failure);
    }

    private static BucketErrorKind? KindOf(Exception cause) => cause switch
    {
        TimeoutException => BucketErrorKind.Timeout,
        SocketException { SocketErrorCode: SocketError.TimedOut } => BucketErrorKind.Timeout,
        SocketException or AuthenticationException => BucketErrorKind.Network,
        HttpRequestException { InnerException: null } or IOException { InnerException: null } => BucketErrorKind.Network,
        _ => null,
    };
}
