using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Azure;

/// <summary>
/// Uploads in parts: uncommitted blocks of the blob's own name ("Put Block", "Put Block List"). Azure has no name for such an upload; ours
/// is the prefix of its blocks' ids.
/// </summary>
public sealed partial class AzureBucket
{
    /// <summary>Bytes of an upload's name. All block ids of a blob must have one length.</summary>
    private const int UploadIdBytes = 12;

    /// <summary>Metadata of the empty blob that an abort makes for a moment.</summary>
    private const string AbortedUpload = "orthanc_cloudfs_aborted_upload";

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(UploadIdBytes)));
    }

    /// <inheritdoc/>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var id = BlockId(uploadId, place.Number);
            var body = UploadStream.Open(key, source, guard);
            await using (body.ConfigureAwait(false))
            {
                var request = new BlockBlobStageBlockOptions { TransferValidation = Md5OfBody };
                await Blob(key).StageBlockAsync(id, body, request, guard.Token).ConfigureAwait(false);
            }
            return new UploadedPart(place.Number, source.Length, id);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"put part {place.Number} of {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new CommitBlockListOptions
            {
                HttpHeaders = new BlobHttpHeaders { ContentType = options.ContentType },
                AccessTier = _accessTier,
                Conditions = options.IfAbsent ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null,
            };
            await Blob(key).CommitBlockListAsync(parts.Select(part => part.Tag), request, guard.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"complete the upload of {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Azure keeps uncommitted blocks for a week, and has no request that drops them, except that storing a blob of their name does. So an
    /// empty blob is stored where there is none, and deleted at once. Its name is one that nobody was told of.
    /// </remarks>
    public async Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            if (await HasBlocksAsync(key, uploadId, guard.Token).ConfigureAwait(false)
                && await ReplaceBlocksAsync(key, uploadId, guard.Token).ConfigureAwait(false) is { } marker)
            {
                await DeleteMarkerAsync(key, marker, guard.Token).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"abort the upload of {key}", failure, guard.Stalled);
        }
    }

    private async Task<bool> HasBlocksAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        try
        {
            BlockList list = await Blob(key).GetBlockListAsync(BlockListTypes.All, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (list is not { CommittedBlocks: not null, UncommittedBlocks: not null })
                throw new BucketException(BucketErrorKind.ProviderFailure, $"abort the upload of {key}: the answer holds no lists of blocks");
            // Nothing at all: perhaps the empty blob of an abort that did not come to its end.
            return list.UncommittedBlocks.Any(block => IsBlockOf(uploadId, block.Name)) || !list.CommittedBlocks.Any();
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysAbsent(answer))
        {
            return false;
        }
    }

    /// <summary>The version of the empty blob; null when there is a blob that is none of an abort's.</summary>
    private async Task<ETag?> ReplaceBlocksAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        try
        {
            var request = new CommitBlockListOptions
            {
                Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [AbortedUpload] = uploadId },
            };
            BlobContentInfo marker = await Blob(key).CommitBlockListAsync([], request, cancellationToken).ConfigureAwait(false);
            return marker.ETag;
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.Classify(answer.Status, answer.ErrorCode) == BucketErrorKind.AlreadyExists)
        {
            BlobProperties found = await Blob(key).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return found.ContentLength == 0 && found.Metadata.ContainsKey(AbortedUpload) ? found.ETag : null;
        }
    }

    private async Task DeleteMarkerAsync(string key, ETag version, CancellationToken cancellationToken)
    {
        try
        {
            var only = new BlobRequestConditions { IfMatch = version };
            await Blob(key).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, only, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysAbsent(answer) || AzureBucketErrors.SaysChanged(answer))
        {
            // Somebody else's already, or gone.
        }
    }

    /// <summary>Base64, as Azure demands, of a text of one length.</summary>
    private static string BlockId(string uploadId, int number) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{uploadId}{number:d6}"));

    private static bool IsBlockOf(string uploadId, string blockId) =>
        Base64.IsValid(blockId) && Encoding.ASCII.GetString(Convert.FromBase64String(blockId)).StartsWith(uploadId, StringComparison.Ordinal);
}
