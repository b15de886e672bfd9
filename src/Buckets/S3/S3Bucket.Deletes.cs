using Amazon.Runtime;
using Amazon.S3.Model;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>Deletes, one by one or up to 1000 in one request.</summary>
public sealed partial class S3Bucket
{
    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new DeleteObjectRequest { BucketName = _settings.BucketName, Key = key };
            await _client.DeleteObjectAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
        }
        catch (AmazonServiceException answer) when (S3BucketErrors.SaysAbsent(answer, toHead: false))
        {
            Proven();
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"delete {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keys.Count, MaxKeysPerDelete, nameof(keys));
        var what = $"delete {keys.Count} objects";
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new DeleteObjectsRequest
            {
                BucketName = _settings.BucketName,
                Objects = [.. keys.Select(key => new KeyVersion { Key = key })],
                Quiet = false, // an answer without a word of a key is no confirmation
            };
            var answer = await _client.DeleteObjectsAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
            return OutcomesOf(keys, answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate(what, failure, guard.Stalled);
        }
    }

    private static BucketException?[] OutcomesOf(IReadOnlyList<string> keys, DeleteObjectsResponse answer)
    {
        var deleted = (answer.DeletedObjects ?? []).Select(item => item.Key).ToHashSet(StringComparer.Ordinal);
        var errors = (answer.DeleteErrors ?? []).ToLookup(error => error.Key, StringComparer.Ordinal);
        return [.. keys.Select(key => errors[key].FirstOrDefault() is { } error
            ? S3BucketErrors.OfDelete(error)
            : deleted.Contains(key) ? null : new BucketException(BucketErrorKind.ProviderFailure, $"delete {key}: the answer does not name it"))];
    }
}
