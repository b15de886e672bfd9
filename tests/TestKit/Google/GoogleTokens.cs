using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Apis.Auth.OAuth2;
using OrthancCloudFs.Buckets.Google;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Google;

/// <summary>
/// The token endpoint of the fake: grants access tokens for assertions that a known service account signed (RFC 7523; Google's "Using OAuth
/// 2.0 for server to server applications").
/// </summary>
public sealed class GoogleTokens : IDisposable
{
    /// <summary>Assertions name Google's own endpoint, wherever they are sent.</summary>
    private const string Audience = "https://oauth2.googleapis.com/token";

    private static readonly TimeSpan LongestAssertion = TimeSpan.FromHours(1);

    private readonly RSA _key = Wine.IsRunning ? new RSACryptoServiceProvider(2048) : RSA.Create(2048);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new(StringComparer.Ordinal);
    private readonly string _email = $"orthanc@{Guid.NewGuid():N}.iam.gserviceaccount.com";
    private int _granted;

    /// <summary>Tokens granted so far.</summary>
    public int Granted => Volatile.Read(ref _granted);

    /// <summary>What the endpoint says of tokens to come.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How far the endpoint's clock is from this machine's.</summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>A service account's key file.</summary>
    /// <param name="tokenUrl">The endpoint.</param>
    /// <param name="key">Null for the right one.</param>
    public string ServiceAccountJson(string tokenUrl, RSA? key = null) => new JsonObject
    {
        ["type"] = "service_account",
        ["project_id"] = "test",
        ["private_key_id"] = "1",
        ["private_key"] = (key ?? _key).ExportPkcs8PrivateKeyPem(),
        ["client_email"] = _email,
        ["client_id"] = "1",
        ["token_uri"] = tokenUrl,
    }.ToJsonString();

    /// <summary>The same service account without a file in between, for Wine: a key that is read becomes one that it cannot use.</summary>
    internal ServiceAccountCredential ServiceAccount(string tokenUrl) => new(new ServiceAccountCredential.Initializer(_email, tokenUrl)
    {
        Key = _key,
        KeyId = "1",
        Scopes = [GoogleBucketSettings.Scope],
    });

    /// <summary>All tokens are worthless from now on.</summary>
    public void RevokeAll() => _tokens.Clear();

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal bool IsGood(string? authorization)
    {
        const string Scheme = "Bearer ";
        return authorization?.StartsWith(Scheme, StringComparison.Ordinal) == true
            && _tokens.TryGetValue(authorization[Scheme.Length..], out var expires)
            && DateTimeOffset.UtcNow < expires;
    }

    /// <summary>The answer to a request for a token.</summary>
    internal (int Status, JsonObject Body) Grant(string? grantType, string? assertion)
    {
        if (grantType != "urn:ietf:params:oauth:grant-type:jwt-bearer")
            return Refuse("unsupported_grant_type", "Invalid grant_type");
        if (FaultOf(assertion ?? "") is { } fault)
            return Refuse("invalid_grant", fault);
        var token = "ya29." + RandomNumberGenerator.GetHexString(40);
        _tokens[token] = DateTimeOffset.UtcNow + Lifetime;
        Interlocked.Increment(ref _granted);
        return (200, new JsonObject { ["access_token"] = token, ["expires_in"] = (long)Lifetime.TotalSeconds, ["token_type"] = "Bearer" });
    }

    private string? FaultOf(string assertion)
    {
        var parts = assertion.Split('.');
        if (parts.Length != 3 || Decode(parts[0])["alg"]?.GetValue<string>() != "RS256")
            return "Invalid JWT.";
        if (!_key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Bytes(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            return "Invalid JWT Signature.";
        var claims = Decode(parts[1]);
        if (claims["iss"]?.GetValue<string>() != _email || claims["aud"]?.GetValue<string>() != Audience)
            return "Invalid JWT: wrong issuer or audience.";
        if (claims["scope"]?.GetValue<string>().Contains("devstorage", StringComparison.Ordinal) != true)
            return "Invalid OAuth scope.";
        var now = DateTimeOffset.UtcNow + ClockSkew;
        var issued = DateTimeOffset.FromUnixTimeSeconds(claims["iat"]!.GetValue<long>());
        var expires = DateTimeOffset.FromUnixTimeSeconds(claims["exp"]!.GetValue<long>());
        return issued > now.AddMinutes(1) || expires < now || expires - issued > LongestAssertion
            ? "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
            : null;
    }

    private static (int Status, JsonObject Body) Refuse(string error, string description) =>
        (400, new JsonObject { ["error"] = error, ["error_description"] = description });

    private static JsonObject Decode(string part) => JsonSerializer.Deserialize<JsonObject>(Bytes(part))!;

    private static byte[] Bytes(string part) => System.Buffers.Text.Base64Url.DecodeFromChars(part);
}
