using System.Security.Cryptography;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>
/// The MD5 of an object where its ETag is that: 32 hexadecimal digits, as for objects that were stored with one PUT and without a
/// customer's key. Other ETags say nothing of the content.
/// </summary>
internal static class ETagHash
{
    /// <summary>Null where the ETag is no MD5.</summary>
    internal static ContentHash? Create(string? etag)
    {
        var digits = etag?.Trim('"');
        return digits is { Length: 2 * MD5.HashSizeInBytes } && digits.All(char.IsAsciiHexDigit)
            ? ContentHash.Md5(Convert.FromHexString(digits))
            : null;
    }
}
