using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>One request that reached a <see cref="FaultyBucket"/>; <paramref name="Key"/> is the prefix of a listing.</summary>
public sealed record BucketCall(BucketOperation Operation, string Key, ByteRange? Range = null, PutOptions? Options = null);
