using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>Copies within the bucket: in one request, or range by range where an object is too large for one.</summary>
public sealed partial class S3Bucket
{
    /// <summary>The most bytes of one request ("CopyObject" of the Amazon S3 API reference).</summary>
    private const long LargestCopy = 5L << 30;

    /// <summary>Of a larger object; small enough that a request ends before its connection seems dead.</summary>
    private const long CopiedRange = 1L << 30;

    /// <inheritdoc/>
    public async Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        // Ceph 16 and its contemporaries do not heed the condition of the copy.
        if (await HeadAsync(source.Key, cancellationToken).ConfigureAwait(false) is not { } found)
            return false;
        DownloadWriter.RequireVersion(found, new GetOptions(null, source.ETag));
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            if (source.Length > LargestCopy)
                await CopyRangesAsync(source, newKey, guard, cancellationToken).ConfigureAwait(false);
            else
                await CopyWholeAsync(source, newKey, guard.Token).ConfigureAwait(false);
            return true;
        }
        catch (AmazonServiceException answer) when (S3BucketErrors.SaysAbsent(answer, toHead: false))
        {
            return false;
        }
        catch (AmazonServiceException answer) when (answer.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            throw new BucketException(BucketErrorKind.Changed, $"copy {source.Key}: it is another version than {source.ETag}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"copy {source.Key}", failure, guard.Stalled);
        }
    }

    /// <summary>Tags and content type go along; the storage class is that of new objects.</summary>
    private async Task CopyWholeAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        var request = new CopyObjectRequest
        {
            SourceBucket = _settings.BucketName,
            SourceKey = source.Key,
            DestinationBucket = _settings.BucketName,
            DestinationKey = newKey,
            ETagToMatch = source.ETag,
        };
        if (_settings.StorageClass is { } storageClass)
            request.StorageClass = storageClass;
        await _client.CopyObjectAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyRangesAsync(ObjectInfo source, string newKey, StallGuard guard, CancellationToken cancellationToken)
    {
        var uploadId = await BeginUploadAsync(newKey, new PutOptions(), cancellationToken).ConfigureAwait(false);
        try
        {
            var parts = new List<UploadedPart>();
            for (var offset = 0L; offset < source.Length; offset += CopiedRange)
            {
                guard.Progress();
                var last = Math.Min(offset + CopiedRange, source.Length) - 1;
                var answer = await _client.CopyPartAsync(
                    new CopyPartRequest
                    {
                        SourceBucket = _settings.BucketName,
                        SourceKey = source.Key,
                        DestinationBucket = _settings.BucketName,
                        DestinationKey = newKey,
                        UploadId = uploadId,
                        PartNumber = parts.Count + 1,
                        FirstByte = offset,
                        LastByte = last,
                        ETagToMatch = [source.ETag],
                    },
                    guard.Token).ConfigureAwait(false);
                parts.Add(new UploadedPart(parts.Count + 1, last + 1 - offset, answer.ETag));
            }
            await CompleteUploadAsync(newKey, uploadId, parts, new PutOptions(), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await AbortUploadAsync(newKey, uploadId, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }
}
