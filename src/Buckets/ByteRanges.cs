namespace OrthancCloudFs.Buckets;

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
        if (wanted.Offset >= length)
            throw new BucketException(BucketErrorKind.InvalidRequest, $"get {key}: a range from {wanted.Offset} of an object of {length} bytes");
        return (wanted.Offset, Math.Min(wanted.Length, length - wanted.Offset));
    }

    /// <summary>Refuses what HTTP cannot express.</summary>
    internal static void Check(string key, ByteRange range)
    {
        if (range.Offset < 0 || range.Length <= 0 || range.Length > long.MaxValue - range.Offset)
            throw new BucketException(BucketErrorKind.InvalidRequest, $"get {key}: {range.Length} bytes from {range.Offset} is no range");
    }
}
