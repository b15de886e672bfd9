using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>
/// Sends requests of the JSON API with an access token. Google's own library keeps the token: it is renewed some minutes before it
/// expires, and once more when an answer says that it is not good any more.
/// </summary>
internal sealed class GoogleClient : IDisposable
{
    /// <summary>More of an error's body is not read.</summary>
    private const int LongestError = 64 << 10;

    private readonly GoogleBucketSettings _settings;
    private readonly ServiceAccountCredential? _serviceAccount;
    private readonly SemaphoreSlim _opening = new(1);
    private HttpClient? _http;

    /// <summary>Reads the service account file, if there is one; no request is made.</summary>
    /// <exception cref="InvalidOperationException">The file is no service account's key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal GoogleClient(GoogleBucketSettings settings)
    {
        _settings = settings;
        _serviceAccount = settings.ServiceAccount;
        if (settings.ServiceAccountFile is { } path)
        {
            var key = CredentialFactory.FromFile<ServiceAccountCredential>(path).ToGoogleCredential();
            _serviceAccount = (ServiceAccountCredential)key.CreateScoped(GoogleBucketSettings.Scope).UnderlyingCredential;
        }
    }

    /// <summary>E.g. <c>https://storage.googleapis.com/storage/v1/b/images/o</c>.</summary>
    internal string ObjectsUrl => $"{Base}/storage/v1/b/{Uri.EscapeDataString(_settings.BucketName)}/o";

    /// <summary>The same for uploads.</summary>
    internal string UploadUrl => $"{Base}/upload/storage/v1/b/{Uri.EscapeDataString(_settings.BucketName)}/o";

    private string Base => _settings.Endpoint.AbsoluteUri.TrimEnd('/');

    /// <summary>Sends a request; its answer's body is still to be read.</summary>
    /// <param name="request">Disposed before this returns.</param>
    /// <param name="accepted">A status besides the 2xx that is no failure here.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="GoogleAnswerException">Google said something else.</exception>
    internal async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken, HttpStatusCode? accepted = null)
    {
        using (request)
        {
            var http = _http ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
            var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode || answer.StatusCode == accepted)
                return answer;
            using (answer)
                throw await ReadErrorAsync(answer, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a request whose answer is JSON.</summary>
    internal async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(answer, type, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="BucketException">The answer is not what it should be.</exception>
    internal static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken).ConfigureAwait(false)
                ?? throw new BucketException(BucketErrorKind.ProviderFailure, "the endpoint's answer is empty");
        }
        catch (JsonException failure)
        {
            throw new BucketException(BucketErrorKind.ProviderFailure, $"the endpoint's answer is not the JSON API's: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http?.Dispose();
        _opening.Dispose();
    }

    /// <summary>Application default credentials may have to ask the machine's metadata server who it is.</summary>
    private async Task<HttpClient> OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_http is not null)
                return _http;
            IConfigurableHttpClientInitializer credential = _serviceAccount is not null
                ? _serviceAccount
                : (await GoogleCredential.GetApplicationDefaultAsync(cancellationToken).ConfigureAwait(false)).CreateScoped(GoogleBucketSettings.Scope);
            var connections = BucketHttpHandler.Create(_settings.MaxConnections, _settings.ConnectionTimeout, _settings.HttpsCACertificates, _settings.Connect);
            // 308 means "go on" in this API.
            var handler = new ConfigurableMessageHandler(connections) { FollowRedirect = false, ApplicationName = _settings.ApplicationName };
            var http = new ConfigurableHttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
            credential.Initialize(http);
            return _http = http;
        }
        finally
        {
            _opening.Release();
        }
    }

    private static async Task<GoogleAnswerException> ReadErrorAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var retryAfter = answer.Headers.TryGetValues("Retry-After", out var values) ? TransferFailure.RetryAfter(values.First()) : null;
        var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[LongestError];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var (reason, message) = Parse(buffer.AsSpan(0, length), answer.Content.Headers.ContentType);
        return new GoogleAnswerException(answer.StatusCode, reason, message, retryAfter);
    }

    private static (string? Reason, string Message) Parse(ReadOnlySpan<byte> body, MediaTypeHeaderValue? type)
    {
        if (type?.MediaType == "application/json")
        {
            try
            {
                var error = JsonSerializer.Deserialize(body, GoogleJson.Default.ErrorAnswer)?.Error;
                return (error?.Errors?.FirstOrDefault()?.Reason, OneLine(error?.Message ?? ""));
            }
            catch (JsonException)
            {
                // Then it is a text.
            }
        }
        const int LongestShown = 200;
        var text = System.Text.Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestShown)]);
        return (null, OneLine(text));
    }

    private static string OneLine(string text) => text.Trim().ReplaceLineEndings(" ");
}
