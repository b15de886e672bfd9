using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>
/// Uploads in parts: "resumable uploads" of the JSON API. An upload's name is the address of its session, which works without credentials
/// for one week.
/// </summary>
public sealed partial class GoogleBucket
{
    /// <summary>"308 Resume Incomplete": so far so good.</summary>
    private const HttpStatusCode Incomplete = HttpStatusCode.PermanentRedirect;

    /// <summary>"499 Client Closed Request": a session was cancelled as it should be.</summary>
    private const HttpStatusCode Cancelled = (HttpStatusCode)499;

    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    /// <remarks>"Resumable uploads" of Google's guide; the largest object is 5 TiB.</remarks>
    public PartLimits PartLimits { get; } = new(
        MinimumBytes: 256 << 10, MaximumBytes: 5L << 40, MaximumCount: int.MaxValue, GranularityBytes: 256 << 10, InOrder: true);

    /// <inheritdoc/>
    public async Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            var request = new HttpRequestMessage(HttpMethod.Post, UploadUrl("resumable", options))
            {
                Content = JsonContent.Create(new NewObject(key, options.ContentType), GoogleJson.Default.NewObject),
            };
            using var answer = await _client.SendAsync(request, guard.Token).ConfigureAwait(false);
            Proven();
            var session = answer.Headers.Location?.AbsoluteUri
                ?? throw new BucketException(BucketErrorKind.ProviderFailure, $"begin the upload of {key}: the answer names no session");
            _sessions[session] = new Session();
            return session;
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"begin the upload of {key}", failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Google has no checksum of a part; it verifies the CRC-32C of the whole, which goes with the last part, before the object exists.
    /// </remarks>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        var what = $"put part {place.Number} of {key}";
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            if (!_sessions.TryGetValue(uploadId, out var session))
                throw new BucketException(BucketErrorKind.NoSuchUpload, $"{what}: the upload was completed or aborted");
            var body = UploadStream.Open(key, source, guard);
            await using (body.ConfigureAwait(false))
            {
                var checksum = await AppendAsync(session.Checksum, body, guard.Token).ConfigureAwait(false);
                await PutPartAsync(what, uploadId, session, place, body, checksum, guard).ConfigureAwait(false);
                session.Checksum = checksum;
            }
            return new UploadedPart(place.Number, source.Length, uploadId);
        }
        catch (GoogleAnswerException answer) when (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            throw new BucketException(BucketErrorKind.NoSuchUpload, $"{what}: the upload is gone", answer);
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate(what, failure, guard.Stalled);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The last part made the object.</remarks>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _sessions.TryRemove(uploadId, out var session) && session.IsFinished
            ? Task.CompletedTask
            : throw new BucketException(BucketErrorKind.NoSuchUpload, $"complete the upload of {key}: its last part was not put");
    }

    /// <inheritdoc/>
    public async Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_settings.StallTimeout, cancellationToken);
        try
        {
            _sessions.TryRemove(uploadId, out _);
            (await _client.SendAsync(new HttpRequestMessage(HttpMethod.Delete, uploadId), guard.Token, accepted: Cancelled).ConfigureAwait(false))
                .Dispose();
        }
        catch (GoogleAnswerException answer) when (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            // Completed, aborted or expired before.
        }
        catch (Exception failure) when (!guard.IsCancellation(failure))
        {
            throw GoogleBucketErrors.Translate($"abort the upload of {key}", failure, guard.Stalled);
        }
    }

    private async Task PutPartAsync(
        string what, string uploadId, Session session, PartPlace place, UploadStream body, Crc32C checksum, StallGuard guard)
    {
        var end = place.Offset + body.Length;
        var from = place.Offset;
        if (session.IsUncertain)
        {
            // An attempt failed: some of its bytes, or all, may be there.
            from = await AskAsync(uploadId, session, guard).ConfigureAwait(false);
            if (session.IsFinished || (from >= end && !place.IsLast))
                return;
            if (from < place.Offset)
                throw new BucketException(BucketErrorKind.NoSuchUpload, $"{what}: the upload has lost what was confirmed before");
        }
        session.IsUncertain = true;
        var content = new UploadContent(body, contentType: null, from - place.Offset);
        content.Headers.ContentRange = Range(from, end, place.IsLast ? end : null);
        var request = new HttpRequestMessage(HttpMethod.Put, uploadId) { Content = content };
        if (place.IsLast)
            request.Headers.Add(HashHeader, $"crc32c={checksum}");
        using var answer = await _client.SendAsync(request, guard.Token, accepted: Incomplete).ConfigureAwait(false);
        session.IsFinished = answer.StatusCode != Incomplete;
        if (session.IsFinished != place.IsLast || (!place.IsLast && Persisted(answer) != end))
            throw new BucketException(BucketErrorKind.Truncated, $"{what}: not all of it was taken");
        session.IsUncertain = false;
    }

    /// <summary>How many bytes are there, by a request without any.</summary>
    private async Task<long> AskAsync(string uploadId, Session session, StallGuard guard)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, uploadId) { Content = new ByteArrayContent([]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Range", "bytes */*");
        using var answer = await _client.SendAsync(request, guard.Token, accepted: Incomplete).ConfigureAwait(false);
        session.IsFinished = answer.StatusCode != Incomplete;
        return Persisted(answer);
    }

    /// <summary>E.g. <c>Range: bytes=0-524287</c>; without one nothing has come yet.</summary>
    private static long Persisted(HttpResponseMessage answer)
    {
        var range = Header(answer, "Range");
        return range is not null && long.TryParse(range.AsSpan(range.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last + 1
            : 0;
    }

    private static ContentRangeHeaderValue Range(long from, long end, long? whole)
    {
        if (from == end)
            return new ContentRangeHeaderValue(whole ?? end); // "bytes */whole"
        return whole is { } length ? new ContentRangeHeaderValue(from, end - 1, length) : new ContentRangeHeaderValue(from, end - 1);
    }

    /// <summary>An upload under way.</summary>
    private sealed class Session
    {
        /// <summary>Of the parts that were confirmed.</summary>
        internal Crc32C Checksum { get; set; } = new();

        /// <summary>How much Google has is not known.</summary>
        internal bool IsUncertain { get; set; }

        /// <summary>The object exists.</summary>
        internal bool IsFinished { get; set; }
    }
}
