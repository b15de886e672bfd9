using System.Runtime.CompilerServices;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Google;
using OrthancCloudFs.Fuzzing.Answers;
using OrthancCloudFs.TestKit.Google;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>Google's answers: JSON and headers. Access tokens come from the fake of the tests, through Google's library.</summary>
internal sealed class GoogleTarget : ProviderTarget
{
    private const string Json = "Content-Type: application/json\r\n";
    private const string Stored = """{ "name": "3f/a", "size": "7", "updated": "2025-10-12T17:50:00.000Z", "generation": "1728755400000000" }""";
    private const string ObjectHeaders =
        "x-goog-generation: 1728755400000000\r\nx-goog-hash: crc32c=EHMCaA==,md5=mgNkuembtIDdJeHwKEyFVQ==\r\nLast-Modified: Sun, 12 Oct 2025 17:50:00 GMT\r\n";

    private readonly FakeGoogleStorage _tokens = FakeGoogleStorage.StartAsync().GetAwaiter().GetResult();

    public override string Name => "google";

    public override IEnumerable<string> Dictionary =>
    [
        .. base.Dictionary, "\"name\":", "\"size\":", "\"updated\":", "\"generation\":", "\"items\":", "\"prefixes\":", "\"nextPageToken\":", "\"done\":", "\"rewriteToken\":",
        "\"error\":", "\"errors\":", "\"reason\":", "\"message\":", "notFound", "conditionNotMet", "rateLimitExceeded", "No such object", "The specified bucket does not exist",
        "Content-Type: application/json", "x-goog-generation: ", "x-goog-hash: crc32c=", "Range: bytes=0-", "[null]", "{}", "\\uD800",
    ];

    protected override IEnumerable<string[]> Failures =>
    [
        [Error("503 Unavailable", "backendError", "m", "Retry-After: 5\r\n")],
        [Error("404 Not Found", "notFound", "Not Found"), Answer("200 OK", "{}", Json)],
        [Error("404 Not Found", "notFound", "The specified bucket does not exist.")],
        [Answer("404 Not Found", "No such object: images/3f/a", "Content-Type: text/html\r\n")],
        [Error("412 Precondition Failed", "conditionNotMet", "m")],
        [Error("429 Too Many Requests", "rateLimitExceeded", "m", "Retry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n")],
        [Error("400 Bad Request", "invalid", "Provided CRC32C \\\"a\\\" doesn't match calculated CRC32C \\\"b\\\".")],
        [Answer("500 Internal Server Error", "<html>proxy</html>", "Content-Type: text/html\r\n")],
    ];

    protected override IEnumerable<string[]> AnswersTo(string operation) => operation switch
    {
        "Head" or "Put" or "PutIfAbsent" => [[Answer("200 OK", Stored, Json)]],
        "Get" or "GetVersion" => [[Answer("200 OK", "content", ObjectHeaders)], ["200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncon\r\n0\r\n\r\n"]],
        "GetRange" => [[Answer("206 Partial Content", "ont", ObjectHeaders + "Content-Range: bytes 1-3/7\r\n")]],
        "Delete" => [[Answer("204 No Content")]],
        "List" or "ListFolded" or "ListNext" => [[Answer("200 OK", $$"""{ "items": [{{Stored}}, {{Stored}}], "prefixes": ["3f/1a/"], "nextPageToken": "t" }""", Json)]],
        "Upload" => [[Answer("200 OK", "", "Location: http://localhost/upload\r\n"), Answer("200 OK", Stored, Json)], [Answer("200 OK", "", "Location: http://localhost/upload\r\n"), Answer("308 Resume Incomplete", "", "Range: bytes=0-6\r\n")]],
        "AbortUpload" => [[Answer("499 Client Closed Request")]],
        _ => [[Answer("200 OK", """{ "done": false, "rewriteToken": "r" }""", Json), Answer("200 OK", """{ "done": true }""", Json)]],
    };

    protected override void Close()
    {
        base.Close();
        _tokens.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    protected override IBucket OpenBucket(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) => new GoogleBucket(
        _tokens.CreateBucket() with { Endpoint = new Uri("http://localhost:1/"), VerifyCrc32COnGet = true, Connect = connect });

    protected override void Forget(IBucket bucket) => ProvenAt((GoogleBucket)bucket) = long.MinValue;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_provenAt")]
    private static extern ref long ProvenAt(GoogleBucket bucket);

    private static string Error(string status, string reason, string message, string headers = "") => Answer(
        status, $$"""{ "error": { "code": 1, "message": "{{message}}", "errors": [{ "reason": "{{reason}}", "message": "{{message}}" }] } }""", headers + Json);
}
