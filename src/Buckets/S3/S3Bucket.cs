using System.Net;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>A bucket of AWS S3 or of anything that speaks its API. Every method is one attempt; bodies are never held in memory here.</summary>
public sealed partial class S3Bucket : IBucket
{
    /// <summary>How long an answer that proves the bucket's existence is believed; see <see cref="HeadAsync"/>.</summary>
    private static readonly TimeSpan ProofLifetime = TimeSpan.FromMinutes(5);

    private readonly S3BucketSettings _settings;
    private readonly AmazonS3Client _client;
    private readonly List<Tag> _tags;
    private long _provenAt = long.MinValue;

    /// <summary>Opens the bucket; no request is made.</summary>
    /// <exception cref="ArgumentException">The endpoint is no host and no http(s) URL, or one of the two keys is missing.</exception>
    public S3Bucket(S3BucketSettings settings)
    {
        _settings = settings;
        _client = S3ClientFactory.Create(settings);
        _tags = [.. settings.Tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })];
    }

    /// <inheritdoc/>
    public string Description => _settings.ToString();

    /// <inheritdoc/>
    /// <remarks>"Amazon S3 multipart upload limits" in the Amazon S3 user guide.</remarks>
    public PartLimits PartLimits { get; } = new(MinimumBytes: 5L << 20, MaximumBytes: 5L << 30, MaximumCount: 10_000);

    /// <inheritdoc/>
    /// <remarks>"DeleteObjects" of the Amazon S3 API reference.</remarks>
    public int MaxKeysPerDelete => 1000;

    /// <inheritdoc/>
    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new GetObjectMetadataRequest { BucketName = _settings.BucketName, Key = key };
            var answer = await _client.GetObjectMetadataAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
            var length = ByteRanges.RequireLength($"head {key}", answer.Headers.ContentLength);
            return Info(key, length, answer.LastModified, answer.ETag);
        }
        catch (AmazonServiceException answer) when (S3BucketErrors.SaysAbsent(answer, toHead: true))
        {
            // A HEAD of a missing bucket looks the same, and must not look like lost data. Rarely needed: other answers prove it too.
            await ProveAsync(guard).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"head {key}", failure, guard.Stalled);
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
            var request = new GetObjectRequest
            {
                BucketName = _settings.BucketName,
                Key = key,
                ByteRange = range is { } r ? new Amazon.S3.Model.ByteRange(r.Offset, r.Offset + r.Length - 1) : null,
                EtagToMatch = options.IfETag,
            };
            using var answer = await _client.GetObjectAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
            var length = ByteRanges.RequireLength($"get {key}", answer.Headers.ContentLength);
            var info = Info(key, ByteRanges.WholeLength(answer.ContentRange) ?? length, answer.LastModified, answer.ETag);
            ByteRanges.RequireAnswered(key, range, length, info.Length);
            guard.Progress();
            using var hash = range is null && _settings.VerifyETagOnGet ? ETagHash.Create(answer.ETag) : null;
            receiver = new GuardedTarget(hash is null ? target : hash.Observe(target), guard);
            await receiver.BeginAsync(info, length, guard.Token).ConfigureAwait(false);
            await receiver.ReceiveAsync(key, answer.ResponseStream, length).ConfigureAwait(false);
            hash?.Require(key);
            return true;
        }
        catch (AmazonServiceException answer) when (S3BucketErrors.SaysAbsent(answer, toHead: false))
        {
            Proven();
            return false;
        }
        catch (AmazonServiceException answer) when (options.IfETag is { } wanted && answer.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            throw new BucketException(BucketErrorKind.Changed, $"get {key}: it is another version than {wanted}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure) && failure != receiver?.Failure)
        {
            throw S3BucketErrors.Translate($"get {key}", failure, guard.Stalled);
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
                var request = new PutObjectRequest
                {
                    BucketName = _settings.BucketName,
                    Key = key,
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = options.ContentType,
                    UseChunkEncoding = false,
                    TagSet = _tags,
                };
                if (_settings.StorageClass is { } storageClass)
                    request.StorageClass = storageClass;
                if (options.IfAbsent)
                    request.IfNoneMatch = "*";
                request.MD5Digest = await Md5OfAsync(body, guard.Token).ConfigureAwait(false);
                await _client.PutObjectAsync(request, guard.Token).ConfigureAwait(false);
                Proven();
            }
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"put {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(
        string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxKeys);
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new ListObjectsV2Request
            {
                BucketName = _settings.BucketName,
                Prefix = prefix,
                Delimiter = delimiter?.ToString(),
                StartAfter = pageToken,
                MaxKeys = maxKeys,
                Encoding = EncodingType.Url, // keys may hold characters that XML cannot
            };
            var answer = await _client.ListObjectsV2Async(request, guard.Token).ConfigureAwait(false);
            Proven();
            return Page(answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"list {prefix}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static ListPage Page(ListObjectsV2Response answer)
    {
        var objects = (answer.S3Objects ?? [])
            .Select(item => Listed.Object(WebUtility.UrlDecode(item.Key), item.Size, Time(item.LastModified), item.ETag))
            .ToList();
        var prefixes = (answer.CommonPrefixes ?? []).Select(prefix => Listed.Prefix(WebUtility.UrlDecode(prefix))).ToList();
        if (answer.IsTruncated != true)
            return new ListPage(objects, prefixes, null);
        if (objects.Count + prefixes.Count == 0)
            throw new BucketException(BucketErrorKind.ProviderFailure, "list: the endpoint says that there is more, but gives nothing");
        var next = objects.Count > 0 ? objects[^1].Key : "";
        if (prefixes.Count > 0 && ObjectKeyComparer.Instance.Compare(prefixes[^1], next) > 0)
            next = prefixes[^1] + ObjectKeyComparer.Last;
        return new ListPage(objects, prefixes, next);
    }

    private static ObjectInfo Info(string key, long length, DateTime? lastModified, string? etag) =>
        new(key, length, Time(lastModified) ?? DateTimeOffset.UnixEpoch, etag);

    private static DateTimeOffset? Time(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : null;

    /// <summary>Null unless the settings ask for it.</summary>
    private async Task<string?> Md5OfAsync(UploadStream body, CancellationToken cancellationToken)
    {
        if (_settings.Checksum != S3UploadChecksum.Md5)
            return null;
        var hash = Convert.ToBase64String(await MD5.HashDataAsync(body, cancellationToken).ConfigureAwait(false));
        body.Position = 0;
        return hash;
    }

    private void Proven() => Volatile.Write(ref _provenAt, Environment.TickCount64);

    private async Task ProveAsync(StallGuard guard)
    {
        var provenAt = Volatile.Read(ref _provenAt);
        if (provenAt != long.MinValue && Environment.TickCount64 - provenAt < ProofLifetime.TotalMilliseconds)
            return;
        try
        {
            await _client.HeadBucketAsync(new HeadBucketRequest { BucketName = _settings.BucketName }, guard.Token).ConfigureAwait(false);
            Proven();
        }
        catch (AmazonServiceException answer) when (answer.StatusCode == HttpStatusCode.NotFound)
        {
            throw new BucketException(BucketErrorKind.NoSuchBucket, $"there is no bucket {_settings.BucketName}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw S3BucketErrors.Translate($"head of the bucket {_settings.BucketName}", failure, guard.Stalled);
        }
    }
}
