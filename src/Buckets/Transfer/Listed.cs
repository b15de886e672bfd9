namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>What an answer that lists objects must say of each, whoever the provider is.</summary>
internal static class Listed
{
    /// <exception cref="BucketException">The answer gives it no key, or no length.</exception>
    internal static ObjectInfo Object(string? key, long? length, DateTimeOffset? lastModified, string? etag)
    {
        if (string.IsNullOrEmpty(key))
            throw new BucketException(BucketErrorKind.ProviderFailure, "list: the endpoint names an object without a key");
        if (length is not >= 0)
            throw new BucketException(BucketErrorKind.ProviderFailure, $"list: the endpoint does not tell the length of {key}");
        return new ObjectInfo(key, length.Value, lastModified ?? DateTimeOffset.UnixEpoch, etag);
    }

    /// <exception cref="BucketException">It is none.</exception>
    internal static string Prefix(string? prefix) => !string.IsNullOrEmpty(prefix)
        ? prefix
        : throw new BucketException(BucketErrorKind.ProviderFailure, "list: the endpoint names a folded prefix without a name");
}
