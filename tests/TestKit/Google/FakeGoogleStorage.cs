using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Buckets.Google;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Google;

/// <summary>
/// Google Cloud Storage as its documentation describes the JSON API, as far as the program uses it, on a free port of 127.0.0.1: there is no
/// real server to run. Objects are kept in memory.
/// </summary>
public sealed class FakeGoogleStorage : IAsyncDisposable
{
    private const string BucketsPath = "/storage/v1/b/";
    private const string UploadsPath = "/upload" + BucketsPath;
    private const int Granularity = 256 << 10;
    private const int Incomplete = 308;

    /// <summary>Bytes of a body that are sent at once: a large one in one piece never gets away under Wine.</summary>
    private const int Piece = 32 << 10;

    private readonly WebApplication _app;
    private readonly string _credentials = Path.Combine(Path.GetTempPath(), $"orthanc-cloudfs-google-{Guid.NewGuid():N}.json");
    private int _buckets;
    private int _requests;

    private FakeGoogleStorage(WebApplication app) => _app = app;

    /// <summary>E.g. <c>http://127.0.0.1:40000</c>.</summary>
    public string Endpoint => _app.Urls.Single();

    /// <summary>What is stored.</summary>
    public GoogleObjects Objects { get; } = new();

    /// <summary>Who may come in.</summary>
    public GoogleTokens Tokens { get; } = new();

    /// <summary>Requests of the JSON API so far; those for tokens are not counted.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>May answer a request in the server's stead; false leaves it to the server.</summary>
    public Func<HttpContext, Task<bool>>? Intercept { get; set; }

    /// <summary>Of one request of a resumable upload, no more than this is kept; a multiple of 256 KiB.</summary>
    public long MostPersisted { get; set; } = long.MaxValue;

    /// <summary>Starts one.</summary>
    public static async Task<FakeGoogleStorage> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var fake = new FakeGoogleStorage(app);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        await File.WriteAllTextAsync(fake._credentials, fake.Tokens.ServiceAccountJson(fake.TokenUrl));
        return fake;
    }

    /// <summary>Settings for a new, empty bucket.</summary>
    public GoogleBucketSettings CreateBucket()
    {
        var name = $"test-{Interlocked.Increment(ref _buckets)}";
        Objects.CreateBucket(name);
        var settings = new GoogleBucketSettings { BucketName = name, Endpoint = new Uri(Endpoint) };
        return Wine.IsRunning
            ? settings with { ServiceAccount = Tokens.ServiceAccount(TokenUrl) }
            : settings with { ServiceAccountFile = _credentials };
    }

    /// <summary>Where tokens are granted.</summary>
    public string TokenUrl => $"{Endpoint}/token";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Tokens.Dispose();
        File.Delete(_credentials);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/token")
        {
            var form = await context.Request.ReadFormAsync();
            var (status, body) = Tokens.Grant(form["grant_type"], form["assertion"]);
            await JsonAsync(context, status, body);
            return;
        }
        Interlocked.Increment(ref _requests);
        if (Intercept is { } intercept && await intercept(context))
            return;
        // The path as it was sent: a slash of an object's name is "%2F" there.
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        var upload = context.Request.Query["upload_id"].ToString();
        if (target.StartsWith(UploadsPath, StringComparison.Ordinal) && upload.Length > 0)
            await ContinueUploadAsync(context, upload);
        else if (!Tokens.IsGood(context.Request.Headers.Authorization))
            await ErrorAsync(context, 401, "authError", "Invalid Credentials");
        else if (target.StartsWith(UploadsPath, StringComparison.Ordinal))
            await UploadAsync(context, target[UploadsPath.Length..].Split('/')[0]);
        else
            await ObjectsAsync(context, target);
    }

    private async Task ObjectsAsync(HttpContext context, string target)
    {
        var parts = target.StartsWith(BucketsPath, StringComparison.Ordinal) ? target[BucketsPath.Length..].Split('/') : [];
        if (parts is not [var bucket, "o", ..])
        {
            await ErrorAsync(context, 404, "notFound", "Not Found");
            return;
        }
        if (Objects.List(bucket) is not { } all)
        {
            await ErrorAsync(context, 404, "notFound", "The specified bucket does not exist.");
            return;
        }
        if (parts.Length == 2)
        {
            await JsonAsync(context, 200, GoogleListing.Page(all, context.Request.Query));
            return;
        }
        var name = Uri.UnescapeDataString(parts[2]);
        if (Objects.Find(bucket, name) is not { } found)
            await ErrorAsync(context, 404, "notFound", $"No such object: {bucket}/{name}");
        else if (parts is [.., "rewriteTo", "b", var newBucket, "o", var newName])
            await RewriteAsync(context, found, newBucket, Uri.UnescapeDataString(newName));
        else if (Condition(context) is { } wanted && wanted != found.Generation)
            await ErrorAsync(context, 412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
        else if (context.Request.Method == HttpMethods.Delete)
            context.Response.StatusCode = Objects.Delete(bucket, name) ? 204 : 404;
        else if (context.Request.Query["alt"] == "media")
            await MediaAsync(context, found);
        else
            await JsonAsync(context, 200, found.ToJson());
    }

    /// <summary>Never done with the first request, as Google may do with any object.</summary>
    private async Task RewriteAsync(HttpContext context, GoogleObject source, string newBucket, string newName)
    {
        const string Token = "go on";
        if (context.Request.Query["ifSourceGenerationMatch"] != $"{source.Generation}")
        {
            await ErrorAsync(context, 412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
            return;
        }
        var isDone = context.Request.Query["rewriteToken"] == Token;
        var result = new JsonObject { ["kind"] = "storage#rewriteResponse", ["done"] = isDone, ["objectSize"] = $"{source.Content.Length}" };
        if (isDone)
            result["resource"] = Objects.Put(newBucket, newName, source.Content, source.ContentType, null)!.ToJson();
        else
            result["rewriteToken"] = Token;
        await JsonAsync(context, 200, result);
    }

    private static async Task MediaAsync(HttpContext context, GoogleObject found)
    {
        var response = context.Response;
        response.Headers["x-goog-generation"] = $"{found.Generation}";
        response.Headers["x-goog-hash"] = $"crc32c={found.Crc32C},md5={found.Md5}";
        response.Headers.LastModified = found.Updated.ToString("R", CultureInfo.InvariantCulture);
        response.ContentType = found.ContentType;
        var content = found.Content.AsMemory();
        if (context.Request.GetTypedHeaders().Range?.Ranges.Single() is { } range)
        {
            var from = range.From!.Value;
            if (from >= content.Length)
            {
                response.StatusCode = 416;
                return;
            }
            var to = Math.Min(range.To ?? long.MaxValue, content.Length - 1);
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {from}-{to}/{content.Length}";
            content = content[(int)from..((int)to + 1)];
        }
        response.ContentLength = content.Length;
        for (; content.Length > 0; content = content[Math.Min(content.Length, Piece)..])
            await response.Body.WriteAsync(content[..Math.Min(content.Length, Piece)]);
    }

    private async Task UploadAsync(HttpContext context, string bucket)
    {
        if (Objects.List(bucket) is null)
        {
            await ErrorAsync(context, 404, "notFound", "The specified bucket does not exist.");
        }
        else if (context.Request.Query["uploadType"] == "multipart")
        {
            await MultipartAsync(context, bucket);
        }
        else
        {
            var description = (await JsonSerializer.DeserializeAsync<JsonObject>(context.Request.Body))!;
            var name = (string)description["name"]!;
            if (Condition(context) == 0 && Objects.Find(bucket, name) is not null)
            {
                await ErrorAsync(context, 412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
                return;
            }
            var id = Objects.Begin(new GoogleUpload(bucket, name, (string?)description["contentType"] ?? "", Condition(context)));
            context.Response.Headers.Location = $"{Endpoint}{UploadsPath}{bucket}/o?uploadType=resumable&upload_id={id}";
        }
    }

    private async Task MultipartAsync(HttpContext context, string bucket)
    {
        var boundary = Microsoft.Net.Http.Headers.MediaTypeHeaderValue.Parse(context.Request.ContentType).Boundary.Value!.Trim('"');
        var reader = new MultipartReader(boundary, context.Request.Body);
        var description = (await JsonSerializer.DeserializeAsync<JsonObject>((await reader.ReadNextSectionAsync())!.Body))!;
        using var content = new MemoryStream();
        var media = (await reader.ReadNextSectionAsync())!;
        await media.Body.CopyToAsync(content);
        await StoreAsync(
            context, bucket, (string)description["name"]!, content.ToArray(), media.ContentType ?? "", Condition(context), (string?)description["crc32c"]);
    }

    private async Task<GoogleObject?> StoreAsync(
        HttpContext context, string bucket, string name, byte[] content, string contentType, long? condition, string? checksum)
    {
        var calculated = GoogleObject.Checksum(content);
        if (checksum is not null && checksum != calculated)
        {
            await ErrorAsync(context, 400, "invalid", $"Provided CRC32C \"{checksum}\" doesn't match calculated CRC32C \"{calculated}\".");
            return null;
        }
        var stored = Objects.Put(bucket, name, content, contentType, condition);
        if (stored is null)
            await ErrorAsync(context, 412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
        else
            await JsonAsync(context, 200, stored.ToJson());
        return stored;
    }

    private async Task ContinueUploadAsync(HttpContext context, string id)
    {
        if (Objects.FindUpload(id) is not { } upload)
        {
            await ErrorAsync(context, 404, "notFound", "Not Found");
            return;
        }
        if (context.Request.Method == HttpMethods.Delete)
        {
            context.Response.StatusCode = upload.Result is null && Objects.Cancel(id) ? 499 : 404;
            return;
        }
        if (upload.Result is { } finished)
        {
            await JsonAsync(context, 200, finished.ToJson());
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (from, whole) = ParseRange(context.Request.Headers.ContentRange.ToString());
        var persisted = upload.Content.Length;
        if (from > persisted)
        {
            await ErrorAsync(context, 503, "backendError", "Bytes are missing before this range.");
            return;
        }
        if (whole is null && body.Length % Granularity != 0)
        {
            await ErrorAsync(context, 400, "badRequest", "Parts but the last must be multiples of 262144 bytes.");
            return;
        }
        if (from is { } start && body.Length > persisted - start)
            upload.Content.Write(body.GetBuffer().AsSpan((int)(persisted - start), (int)Math.Min(body.Length - (persisted - start), MostPersisted)));
        if (upload.Content.Length == whole)
        {
            upload.Result = await StoreAsync(
                context, upload.Bucket, upload.Name, upload.Content.ToArray(), upload.ContentType, upload.IfGeneration, ChecksumOf(context));
        }
        else
        {
            context.Response.StatusCode = Incomplete;
            if (upload.Content.Length > 0)
                context.Response.Headers["Range"] = $"bytes=0-{upload.Content.Length - 1}";
        }
    }

    /// <summary><c>bytes 0-9/20</c>, <c>bytes 0-9/*</c>, <c>bytes */20</c> or <c>bytes */*</c>.</summary>
    private static (long? From, long? Whole) ParseRange(string header)
    {
        var parts = header["bytes ".Length..].Split('/');
        return (
            parts[0] == "*" ? null : long.Parse(parts[0].Split('-')[0], CultureInfo.InvariantCulture),
            parts[1] == "*" ? null : long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private static string? ChecksumOf(HttpContext context)
    {
        var header = context.Request.Headers["x-goog-hash"].ToString();
        return header.Length == 0 ? null : header["crc32c=".Length..];
    }

    private static long? Condition(HttpContext context) =>
        long.TryParse(context.Request.Query["ifGenerationMatch"], CultureInfo.InvariantCulture, out var generation) ? generation : null;

    /// <summary>Downloads are answered with the sentence alone, everything else with JSON around it.</summary>
    private static async Task ErrorAsync(HttpContext context, int status, string reason, string message)
    {
        if (context.Request.Query["alt"] == "media")
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/html; charset=UTF-8";
            await context.Response.WriteAsync(message);
            return;
        }
        var detail = new JsonObject { ["domain"] = "global", ["reason"] = reason, ["message"] = message };
        var error = new JsonObject { ["code"] = status, ["message"] = message, ["errors"] = new JsonArray(detail) };
        await JsonAsync(context, status, new JsonObject { ["error"] = error });
    }

    private static async Task JsonAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=UTF-8";
        await context.Response.WriteAsync(body.ToJsonString());
    }
}
