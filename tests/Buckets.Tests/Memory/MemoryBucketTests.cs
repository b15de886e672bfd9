using OrthancCloudFs.Buckets.Memory;

namespace OrthancCloudFs.Buckets.Tests.Memory;

public sealed class MemoryBucketTests : BucketContract
{
    protected override ValueTask<IBucket> OpenAsync() => ValueTask.FromResult<IBucket>(new MemoryBucket());
}
