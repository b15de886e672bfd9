using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Azure;

/// <summary>A container of Azure Blob Storage. Every method is one attempt; bodies are never held in memory here.</summary>
public sealed partial class AzureBucket : IBucket
{
    /// <summary>Azure compares the MD5 of each body with what arrives. Every service version knows it, unlike the CRC-64.</summary>
    private static readonly UploadTransferValidationOptions Md5OfBody = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    private readonly AzureBucketSettings _settings;
    private readonly HttpClient _http;
    private readonly BlobContainerClient _container;
    private readonly AccessTier? _accessTier;

    /// <summary>Opens the container; no request is made.</summary>
    /// <exception cref="ArgumentException">Neither or both of connection string and account URL are given, or one is wrong.</exception>
    /// <exception cref="FormatException">The connection string is none.</exception>
    public AzureBucket(AzureBucketSettings settings)
    {
        _settings = settings;
        _http = AzureClientFactory.CreateHttpClient(settings);
        _container = AzureClientFactory.Create(settings, _http);
        _accessTier = settings.AccessTier is { } tier ? new AccessTier(tier) : default(AccessTier?);
    }

    /// <inheritdoc/>
    public string Description => _container.Uri.GetLeftPart(UriPartial.Path);

    /// <inheritdoc/>
    /// <remarks>"Scalability and performance targets for Blob Storage" of Microsoft's reference.</remarks>
    public PartLimits PartLimits { get; } = new(MinimumBytes: 1, MaximumBytes: 4000L << 20, MaximumCount: 50_000);

    /// <summary>Makes the container, unless the settings forbid it; succeeds when it exists.</summary>
    /// <returns>True when it was made now.</returns>
    /// <exception cref="BucketException">It could not be made.</exception>
    public async Task<bool> CreateIfMissingAsync(CancellationToken cancellationToken)
    {
        if (!_settings.CreateContainerIfNotExists)
            return false;
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            return await _container.CreateIfNotExistsAsync(cancellationToken: guard.Token).ConfigureAwait(false) is not null;
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"create the container {_settings.ContainerName}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public int MaxKeysPerDelete => 1;

    /// <inheritdoc/>
    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var answer = await Blob(key).GetPropertiesAsync(cancellationToken: guard.Token).ConfigureAwait(false);
            var length = ByteRanges.RequireLength($"head {key}", answer.GetRawResponse().Headers.ContentLengthLong);
            return new ObjectInfo(key, length, answer.Value.LastModified, answer.Value.ETag.ToString());
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysAbsent(answer))
        {
            return null;
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"head {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        var range = options.Range;
        if (range is { } asked)
            ByteRanges.Check(key, asked);
        GuardedTarget? receiver = null;
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new BlobDownloadOptions
            {
                Range = range is { } r ? new HttpRange(r.Offset, r.Length) : default,
                Conditions = options.IfETag is { } version ? new BlobRequestConditions { IfMatch = new ETag(version) } : null,
            };
            var response = await Blob(key).DownloadStreamingAsync(request, guard.Token).ConfigureAwait(false);
            using var answer = response.Value;
            var length = ByteRanges.RequireLength($"get {key}", response.GetRawResponse().Headers.ContentLengthLong);
            var whole = ByteRanges.WholeLength(answer.Details.ContentRange) ?? length;
            var info = new ObjectInfo(key, whole, answer.Details.LastModified, answer.Details.ETag.ToString());
            ByteRanges.RequireAnswered(key, range, length, info.Length);
            guard.Progress();
            using var hash = range is null && _settings.VerifyMd5OnGet ? ContentHash.Md5(answer.Details.ContentHash) : null;
            receiver = new GuardedTarget(hash is null ? target : hash.Observe(target), guard);
            await receiver.BeginAsync(info, length, guard.Token).ConfigureAwait(false);
            await receiver.ReceiveAsync(key, answer.Content, length).ConfigureAwait(false);
            hash?.Require(key);
            return true;
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysAbsent(answer))
        {
            return false;
        }
        catch (RequestFailedException answer) when (options.IfETag is { } wanted && AzureBucketErrors.SaysChanged(answer))
        {
            throw new BucketException(BucketErrorKind.Changed, $"get {key}: it is another version than {wanted}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure) && failure != receiver?.Failure)
        {
            throw AzureBucketErrors.Translate($"get {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var body = UploadStream.Open(key, source, guard);
            await using (body.ConfigureAwait(false))
            {
                var request = new BlobUploadOptions
                {
                    HttpHeaders = new BlobHttpHeaders { ContentType = options.ContentType },
                    AccessTier = _accessTier,
                    Conditions = options.IfAbsent ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null,
                    TransferValidation = Md5OfBody,
                    // One request: what is below this size is not cut into blocks.
                    TransferOptions = new StorageTransferOptions { InitialTransferSize = source.Length + 1 },
                };
                await Blob(key).UploadAsync(body, request, guard.Token).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"put {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            await Blob(key).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: guard.Token).ConfigureAwait(false);
        }
        catch (RequestFailedException answer) when (AzureBucketErrors.SaysAbsent(answer))
        {
            // Deleted before.
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"delete {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        SingleDeletes.DeleteManyAsync(this, keys, cancellationToken);

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(
        string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxKeys);
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            return delimiter is null
                ? await ListFlatAsync(prefix, pageToken, maxKeys, guard.Token).ConfigureAwait(false)
                : await ListFoldedAsync(prefix, delimiter.Value, pageToken, maxKeys, guard.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw AzureBucketErrors.Translate($"list {prefix}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<ListPage> ListFlatAsync(string prefix, string? pageToken, int maxKeys, CancellationToken cancellationToken)
    {
        var pages = _container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken).AsPages(pageToken, maxKeys);
        await foreach (var page in pages.ConfigureAwait(false))
            return new ListPage([.. page.Values.Select(Info)], [], Token(page.ContinuationToken));
        return new ListPage([], [], null);
    }

    private async Task<ListPage> ListFoldedAsync(
        string prefix, char delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken)
    {
        var request = new GetBlobsByHierarchyOptions { Prefix = prefix, Delimiter = delimiter.ToString() };
        await foreach (var page in _container.GetBlobsByHierarchyAsync(request, cancellationToken).AsPages(pageToken, maxKeys).ConfigureAwait(false))
        {
            return new ListPage(
                [.. page.Values.Where(item => item.IsBlob).Select(item => Info(item.Blob))],
                [.. page.Values.Where(item => item.IsPrefix).Select(item => Listed.Prefix(item.Prefix))],
                Token(page.ContinuationToken));
        }
        return new ListPage([], [], null);
    }

    private static string? Token(string? marker) => string.IsNullOrEmpty(marker) ? null : marker;

    private static ObjectInfo Info(BlobItem item) => Listed.Object(
        item.Name, item.Properties.ContentLength, item.Properties.LastModified, item.Properties.ETag?.ToString());

    private BlockBlobClient Blob(string key) => _container.GetBlockBlobClient(key);
}
