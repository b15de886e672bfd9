using System.Globalization;

namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>How every bucket reads a range: cut at the end of the object, refused when it starts behind the end.</summary>
internal static class ByteRanges
{
    /// <summary>The part of an object of <paramref name="length"/> bytes that <paramref name="range"/> asks for.</summary>
    /// <exception cref="BucketException">The range is negative, empty, or starts at or behind the end (HTTP 416).</exception>
    internal static (long Offset, long Length) Resolve(string key, ByteRange? range, long length)
    {
        if (range is not { } wanted)
            return (0, length);
        Check(key, wanted);
        RequireInside(key, wanted, length);
        return (wanted.Offset, Math.Min(wanted.Length, length - wanted.Offset));
    }

    /// <summary>Refuses what HTTP cannot express.</summary>
    internal static void Check(string key, ByteRange range)
    {
        if (range.Offset < 0 || range.Length <= 0 || range.Length > long.MaxValue - range.Offset)
            throw new BucketException(BucketErrorKind.InvalidRequest, $"get {key}: {range.Length} bytes from {range.Offset} is no range");
    }

    /// <summary>Refuses an answer of <paramref name="length"/> bytes that is not the range which was asked for.</summary>
    internal static void RequireAnswered(string key, ByteRange? range, long length, long wholeLength)
    {
        if (range is not { } asked)
            return;
        RequireInside(key, asked, wholeLength);
        if (length != Math.Min(asked.Length, wholeLength - asked.Offset))
            throw new BucketException(BucketErrorKind.InvalidRequest, $"get {key}: the endpoint does not answer ranges");
    }

    /// <summary>An answer that does not say how long the object or its body is must not pass for an empty one.</summary>
    /// <param name="what">Operation and key, for the message.</param>
    /// <param name="length">Null or negative where the answer does not say.</param>
    internal static long RequireLength(string what, long? length) => length is >= 0
        ? length.Value
        : throw new BucketException(BucketErrorKind.ProviderFailure, $"{what}: the answer does not tell its length");

    /// <summary>Length of the object of which an answer is a range (<c>Content-Range: bytes 0-9/1234</c>); null where it does not say.</summary>
    internal static long? WholeLength(string? contentRange) => contentRange is not null
        && long.TryParse(contentRange.AsSpan(contentRange.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var whole)
        ? whole
        : null;

    private static void RequireInside(string key, ByteRange range, long length)
    {
        if (range.Offset >= length)
            throw new BucketException(BucketErrorKind.InvalidRequest, $"get {key}: a range from {range.Offset} of an object of {length} bytes");
    }
}
