using Azure;
using Azure.Storage.Blobs.Models;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Azure;

/// <summary>Copies within the container ("Copy Blob"), which Azure does at once, or in its own time where it must move the bytes.</summary>
public sealed partial class AzureBucket
{
    /// <inheritdoc/>
    public async Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new BlobCopyFromUriOptions
            {
                AccessTier = _accessTier,
                SourceConditions = new BlobRequestConditions { IfMatch = source.ETag is { } version ? new ETag(version) : null },
            };
            var copy = await Blob(newKey).StartCopyFromUriAsync(Blob(source.Key).Uri, request, guard.Token).ConfigureAwait(false);
            await copy.WaitForCompletionAsync(_settings.CopyPollInterval, guard.Token).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysAbsent(answer) || AzureBucketErrors.SaysSourceAbsent(answer))
        {
            return false;
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysSourceChanged(answer))
        {
            throw new BucketException(BucketErrorKind.Changed, $"copy {source.Key}: it is another version than {source.ETag}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"copy {source.Key}", failure, guard.Stalled);
        }
    }
}
