using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>Uploads in parts ("Multipart upload" of the Amazon S3 user guide).</summary>
public sealed partial class S3Bucket
{
    /// <inheritdoc/>
    public async Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new InitiateMultipartUploadRequest
            {
                BucketName = _settings.BucketName,
                Key = key,
                ContentType = options.ContentType,
                TagSet = _tags,
            };
            if (_settings.StorageClass is { } storageClass)
                request.StorageClass = storageClass;
            var answer = await _client.InitiateMultipartUploadAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
            return answer.UploadId is { Length: > 0 } id
                ? id
                : throw new BucketException(BucketErrorKind.ProviderFailure, $"begin the upload of {key}: the answer names no upload");
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"begin the upload of {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var body = UploadStream.Open(key, source, guard);
            await using (body.ConfigureAwait(false))
            {
                var request = new UploadPartRequest
                {
                    BucketName = _settings.BucketName,
                    Key = key,
                    UploadId = uploadId,
                    PartNumber = place.Number,
                    PartSize = source.Length,
                    InputStream = body,
                    UseChunkEncoding = false,
                    MD5Digest = await Md5OfAsync(body, guard.Token).ConfigureAwait(false),
                };
                var answer = await _client.UploadPartAsync(request, guard.Token).ConfigureAwait(false);
                return new UploadedPart(place.Number, source.Length, answer.ETag);
            }
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"put part {place.Number} of {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken)
    {
        // Ceph 16 and its contemporaries do not heed the condition here; beside so many parts the question costs nothing.
        if (options.IfAbsent && await HeadAsync(key, cancellationToken).ConfigureAwait(false) is not null)
            throw new BucketException(BucketErrorKind.AlreadyExists, $"complete the upload of {key}: there is an object of that key already");
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new CompleteMultipartUploadRequest
            {
                BucketName = _settings.BucketName,
                Key = key,
                UploadId = uploadId,
                PartETags = [.. parts.Select(part => new PartETag(part.Number, part.Tag))],
                IfNoneMatch = options.IfAbsent ? "*" : null,
            };
            await _client.CompleteMultipartUploadAsync(request, guard.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"complete the upload of {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new AbortMultipartUploadRequest { BucketName = _settings.BucketName, Key = key, UploadId = uploadId };
            await _client.AbortMultipartUploadAsync(request, guard.Token).ConfigureAwait(false);
        }
        catch (AmazonServiceException answer) when (answer.ErrorCode == S3BucketErrors.NoSuchUpload)
        {
            // Completed or aborted before.
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"abort the upload of {key}", failure, guard.Stalled);
        }
    }
}
