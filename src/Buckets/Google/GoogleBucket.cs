using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>A bucket of Google Cloud Storage, through its JSON API. Every method is one attempt; bodies are never held in memory here.</summary>
public sealed partial class GoogleBucket : IBucket
{
    private const string HashHeader = "x-goog-hash";

    /// <summary>How long an answer that proves the bucket's existence is believed; see <see cref="RequireBucketAsync"/>.</summary>
    private static readonly TimeSpan ProofLifetime = TimeSpan.FromMinutes(5);

    private readonly GoogleBucketSettings _settings;
    private readonly GoogleClient _client;
    private long _provenAt = long.MinValue;

    /// <summary>Opens the bucket; the service account file is read, no request is made.</summary>
    /// <exception cref="InvalidOperationException">The file is no service account's key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public GoogleBucket(GoogleBucketSettings settings)
    {
        _settings = settings;
        _client = new GoogleClient(settings);
    }

    /// <inheritdoc/>
    public string Description => _settings.ToString();

    /// <inheritdoc/>
    public int MaxKeysPerDelete => 1;

    /// <inheritdoc/>
    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"{ObjectUrl(key)}?fields={StoredObject.Fields}");
            var found = await _client.SendAsync(request, GoogleJson.Default.StoredObject, guard.Token).ConfigureAwait(false);
            Proven();
            return found.ToInfo(key);
        }
        catch (GoogleAnswerException answer) when (GoogleBucketErrors.AbsenceIn(answer) is not GoogleBucketErrors.Absence.None and var absence)
        {
            await RequireBucketAsync(absence, guard).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"head {key}", failure, guard.Stalled);
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
            var version = options.IfETag is { } wanted ? $"&ifGenerationMatch={Uri.EscapeDataString(wanted)}" : "";
            var request = new HttpRequestMessage(HttpMethod.Get, $"{ObjectUrl(key)}?alt=media{version}");
            // Otherwise an object that some tool stored with "Content-Encoding: gzip" would be delivered unpacked.
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
            if (range is { } r)
                request.Headers.Range = new RangeHeaderValue(r.Offset, r.Offset + r.Length - 1);
            using var answer = await _client.SendAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
            var length = ByteRanges.RequireLength($"get {key}", answer.Content.Headers.ContentLength);
            var whole = ByteRanges.WholeLength(answer.Content.Headers.ContentRange?.ToString()) ?? length;
            ByteRanges.RequireAnswered(key, range, length, whole);
            guard.Progress();
            using var hash = range is null && _settings.VerifyCrc32COnGet ? ContentHash.Crc32C(Crc32COf(answer)) : null;
            receiver = new GuardedTarget(hash is null ? target : hash.Observe(target), guard);
            var info = new ObjectInfo(
                key, whole, answer.Content.Headers.LastModified ?? DateTimeOffset.UnixEpoch, Header(answer, "x-goog-generation"));
            await receiver.BeginAsync(info, length, guard.Token).ConfigureAwait(false);
            var body = await answer.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
            await receiver.ReceiveAsync(key, body, length).ConfigureAwait(false);
            hash?.Require(key);
            return true;
        }
        catch (GoogleAnswerException answer) when (GoogleBucketErrors.AbsenceIn(answer) is not GoogleBucketErrors.Absence.None and var absence)
        {
            await RequireBucketAsync(absence, guard).ConfigureAwait(false);
            return false;
        }
        catch (GoogleAnswerException answer) when (
            options.IfETag is { } wanted && GoogleBucketErrors.Classify(answer) == BucketErrorKind.AlreadyExists)
        {
            throw new BucketException(BucketErrorKind.Changed, $"get {key}: it is another version than {wanted}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure) && failure != receiver?.Failure)
        {
            throw GoogleBucketErrors.Translate($"get {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    /// <remarks>"Multipart upload": the description of the object and its content in one request.</remarks>
    public async Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var body = UploadStream.Open(key, source, guard);
            await using (body.ConfigureAwait(false))
            {
                var checksum = await AppendAsync(new Crc32C(), body, guard.Token).ConfigureAwait(false);
                var description = new NewObject(key, options.ContentType, checksum.ToString());
                var request = new HttpRequestMessage(HttpMethod.Post, UploadUrl("multipart", options))
                {
                    Content = new MultipartContent("related")
                    {
                        JsonContent.Create(description, GoogleJson.Default.NewObject),
                        new UploadContent(body, options.ContentType),
                    },
                };
                (await _client.SendAsync(request, guard.Token).ConfigureAwait(false)).Dispose();
                Proven();
            }
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"put {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Google copies a large object in several steps, each asked for with the token of the one before.</remarks>
    public async Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var bucket = Uri.EscapeDataString(_settings.BucketName);
            var url = $"{ObjectUrl(source.Key)}/rewriteTo/b/{bucket}/o/{Uri.EscapeDataString(newKey)}?ifSourceGenerationMatch={source.ETag}";
            string? token = null;
            while (true)
            {
                var request = new HttpRequestMessage(HttpMethod.Post, token is null ? url : $"{url}&rewriteToken={Uri.EscapeDataString(token)}");
                var rewrite = await _client.SendAsync(request, GoogleJson.Default.Rewrite, guard.Token).ConfigureAwait(false);
                if (rewrite.Done)
                    return true;
                // Without a token the copy would begin anew each time.
                token = rewrite.RewriteToken
                    ?? throw new BucketException(BucketErrorKind.ProviderFailure, $"copy {source.Key}: the answer tells neither end nor how to go on");
                guard.Progress();
            }
        }
        catch (GoogleAnswerException answer) when (GoogleBucketErrors.AbsenceIn(answer) is not GoogleBucketErrors.Absence.None and var absence)
        {
            await RequireBucketAsync(absence, guard).ConfigureAwait(false);
            return false;
        }
        catch (GoogleAnswerException answer) when (GoogleBucketErrors.Classify(answer) == BucketErrorKind.AlreadyExists)
        {
            throw new BucketException(BucketErrorKind.Changed, $"copy {source.Key}: it is another version than {source.ETag}", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"copy {source.Key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            (await _client.SendAsync(new HttpRequestMessage(HttpMethod.Delete, ObjectUrl(key)), guard.Token).ConfigureAwait(false)).Dispose();
            Proven();
        }
        catch (GoogleAnswerException answer) when (GoogleBucketErrors.AbsenceIn(answer) is not GoogleBucketErrors.Absence.None and var absence)
        {
            await RequireBucketAsync(absence, guard).ConfigureAwait(false);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"delete {key}", failure, guard.Stalled);
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
            return await ListAsync(prefix, delimiter, pageToken, maxKeys, guard).ConfigureAwait(false);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"list {prefix}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, StallGuard guard)
    {
        var url = new StringBuilder(_client.ObjectsUrl);
        url.Append(CultureInfo.InvariantCulture, $"?maxResults={maxKeys}&fields={Uri.EscapeDataString(ObjectList.Fields)}");
        if (prefix.Length > 0)
            url.Append("&prefix=").Append(Uri.EscapeDataString(prefix));
        if (delimiter is { } d)
            url.Append("&delimiter=").Append(Uri.EscapeDataString(d.ToString()));
        if (pageToken is not null)
            url.Append("&pageToken=").Append(Uri.EscapeDataString(pageToken));
        var request = new HttpRequestMessage(HttpMethod.Get, url.ToString());
        var list = await _client.SendAsync(request, GoogleJson.Default.ObjectList, guard.Token).ConfigureAwait(false);
        Proven();
        return new ListPage(
            [.. (list.Items ?? []).Select(item => Listed.Object(item?.Name, item?.Length, item?.Updated, item?.Generation))],
            [.. (list.Prefixes ?? []).Select(Listed.Prefix)],
            list.NextPageToken);
    }

    private string ObjectUrl(string key) => $"{_client.ObjectsUrl}/{Uri.EscapeDataString(key)}";

    private string UploadUrl(string type, PutOptions options) =>
        $"{_client.UploadUrl}?uploadType={type}{(options.IfAbsent ? "&ifGenerationMatch=0" : "")}&fields={StoredObject.Fields}";

    /// <summary>The checksum of what came before and of the whole body, which is left at its start.</summary>
    private static async Task<Crc32C> AppendAsync(Crc32C checksum, UploadStream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 << 10];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            checksum.Append(buffer.AsSpan(0, read));
        body.Position = 0;
        return checksum;
    }

    /// <summary>E.g. <c>x-goog-hash: crc32c=n03x6A==,md5=…</c>, as one header or several.</summary>
    private static string? Crc32COf(HttpResponseMessage answer)
    {
        const string Name = "crc32c=";
        return answer.Headers.TryGetValues(HashHeader, out var values)
            ? values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries))
                .FirstOrDefault(hash => hash.StartsWith(Name, StringComparison.Ordinal))?[Name.Length..]
            : null;
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private void Proven() => Volatile.Write(ref _provenAt, Environment.TickCount64);

    /// <summary>An object of a missing bucket is missing too, and must not look like lost data. Rarely needed: other answers prove it.</summary>
    /// <exception cref="BucketException">The bucket does not exist.</exception>
    private async Task RequireBucketAsync(GoogleBucketErrors.Absence absence, StallGuard guard)
    {
        if (absence == GoogleBucketErrors.Absence.Object)
        {
            Proven();
            return;
        }
        var provenAt = Volatile.Read(ref _provenAt);
        if (provenAt != long.MinValue && Environment.TickCount64 - provenAt < ProofLifetime.TotalMilliseconds)
            return;
        try
        {
            await ListAsync("", null, null, 1, guard).ConfigureAwait(false);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"list the bucket {_settings.BucketName}", failure, guard.Stalled);
        }
    }
}
