namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>Several deletes where the provider has no request for that.</summary>
internal static class SingleDeletes
{
    /// <summary>One after the other; see <see cref="IBucket.DeleteManyAsync"/>.</summary>
    internal static async Task<IReadOnlyList<BucketException?>> DeleteManyAsync(
        IBucket bucket, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var outcomes = new BucketException?[keys.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            try
            {
                await bucket.DeleteAsync(keys[i], cancellationToken).ConfigureAwait(false);
            }
            catch (BucketException failure)
            {
                outcomes[i] = failure;
            }
        }
        return outcomes;
    }
}
