using OrthancCloudFs.Buckets.Local;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.Local;

public sealed class LocalBucketErrorsTests
{
    [Theory]
    [InlineData(28, BucketErrorKind.NoSpace)] // ENOSPC
    [InlineData(122, BucketErrorKind.NoSpace)] // EDQUOT
    [InlineData(30, BucketErrorKind.Forbidden)] // EROFS
    [InlineData(13, BucketErrorKind.Forbidden)] // EACCES
    [InlineData(1, BucketErrorKind.Forbidden)] // EPERM
    [InlineData(36, BucketErrorKind.InvalidRequest)] // ENAMETOOLONG
    [InlineData(20, BucketErrorKind.InvalidRequest)] // ENOTDIR
    [InlineData(21, BucketErrorKind.InvalidRequest)] // EISDIR
    [InlineData(110, BucketErrorKind.Timeout)] // ETIMEDOUT
    [InlineData(5, BucketErrorKind.ProviderFailure)] // EIO
    [InlineData(24, BucketErrorKind.ProviderFailure)] // EMFILE
    [InlineData(116, BucketErrorKind.ProviderFailure)] // ESTALE
    public void Every_errno_has_a_kind(int errno, BucketErrorKind expected) =>
        Assert.Equal(expected, LocalBucketErrors.Classify(new IOException("failed", errno)));

    [Fact]
    public void Exceptions_of_their_own_have_one_too()
    {
        Assert.Equal(BucketErrorKind.Forbidden, LocalBucketErrors.Classify(new UnauthorizedAccessException()));
        Assert.Equal(BucketErrorKind.InvalidRequest, LocalBucketErrors.Classify(new PathTooLongException()));
    }
}
