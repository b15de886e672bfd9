using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Azure;
using OrthancCloudFs.Fuzzing.Answers;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>Azure's answers: XML and headers, through Azure's SDK.</summary>
internal sealed class AzureTarget : ProviderTarget
{
    private const string Account =
        "DefaultEndpointsProtocol=http;AccountName=fuzz;AccountKey=c2VjcmV0;BlobEndpoint=http://localhost:1/fuzz;";

    private const string BlobHeaders =
        "ETag: \"0x8D1\"\r\nLast-Modified: Sun, 12 Oct 2025 17:50:00 GMT\r\nx-ms-blob-type: BlockBlob\r\nx-ms-creation-time: Sun, 12 Oct 2025 17:50:00 GMT\r\n"
        + "Content-MD5: mgNkuembtIDdJeHwKEyFVQ==\r\nx-ms-lease-status: unlocked\r\nx-ms-lease-state: available\r\nx-ms-server-encrypted: true\r\nx-ms-version: 2025-01-05\r\n";

    private const string Listing = """
        <?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://localhost/" ContainerName="images"><Prefix>3f</Prefix>
        <MaxResults>100</MaxResults><Delimiter>/</Delimiter><Blobs><Blob><Name>3f/a</Name><Properties><Creation-Time>Sun, 12 Oct 2025 17:50:00 GMT</Creation-Time>
        <Last-Modified>Sun, 12 Oct 2025 17:50:00 GMT</Last-Modified><Etag>0x8D1</Etag><Content-Length>524288</Content-Length><Content-MD5>mgNkuembtIDdJeHwKEyFVQ==</Content-MD5>
        <BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><LeaseStatus>unlocked</LeaseStatus></Properties></Blob>
        <BlobPrefix><Name>3f/1a/</Name></BlobPrefix></Blobs><NextMarker>m</NextMarker></EnumerationResults>
        """;

    private const string BlockList = """
        <?xml version="1.0" encoding="utf-8"?><BlockList><CommittedBlocks/><UncommittedBlocks><Block><Name>aHR0cDovL2xvY2FsaG9zdC91cGxvYWQwMDAwMDE=</Name><Size>7</Size></Block></UncommittedBlocks></BlockList>
        """;

    public override string Name => "azure";

    public override IEnumerable<string> Dictionary =>
    [
        .. base.Dictionary, "<Blob>", "</Blob>", "<Name>", "</Name>", "<Name Encoded=\"true\">", "<Properties>", "</Properties>", "<Content-Length>", "</Content-Length>", "<Etag>",
        "<Last-Modified>", "<BlobPrefix>", "</BlobPrefix>", "<NextMarker/>", "<Block>", "<UncommittedBlocks>", "<CommittedBlocks/>", "<Error><Code>BlobNotFound</Code></Error>",
        "x-ms-error-code: BlobNotFound", "x-ms-error-code: ConditionNotMet", "x-ms-copy-status: pending", "x-ms-copy-status: success", "x-ms-copy-id: c", "x-ms-meta-a: b",
        "x-ms-or-a_b: c", "x-ms-blob-type: BlockBlob", "x-ms-content-crc64: ", "x-ms-structured-body: XSM/1.0; properties=crc64", "x-ms-creation-time: ", "x-ms-tag-count: ",
    ];

    protected override IEnumerable<string[]> Failures =>
    [
        [Error("503 Busy", "ServerBusy", "Retry-After: 5\r\n")],
        [Error("404 Not Found", "BlobNotFound")],
        [Error("412 Precondition", "ConditionNotMet")],
        [Error("409 Conflict", "BlobAlreadyExists")],
        [Answer("500 Internal Server Error", "<html>proxy</html>", "Content-Type: text/html\r\nRetry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n")],
        [Answer("403 Forbidden", "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Request date header too old</AuthenticationErrorDetail></Error>", "Content-Type: application/xml\r\n")],
    ];

    protected override IEnumerable<string[]> AnswersTo(string operation) => operation switch
    {
        "Head" => [[Answer("200 OK", "content", BlobHeaders)]],
        "Get" or "GetVersion" => [[Answer("200 OK", "content", BlobHeaders)], ["200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncon\r\n0\r\n\r\n"]],
        "GetRange" => [[Answer("206 Partial Content", "ont", BlobHeaders + "Content-Range: bytes 1-3/7\r\n")]],
        "Put" or "PutIfAbsent" => [[Answer("201 Created", "", BlobHeaders)]],
        "Delete" => [[Answer("202 Accepted")]],
        "List" or "ListFolded" or "ListNext" => [[Xml(Listing)]],
        "Upload" => [[Answer("201 Created", "", BlobHeaders), Answer("201 Created", "", BlobHeaders)]],
        "AbortUpload" => [[Xml(BlockList), Answer("201 Created", "", BlobHeaders), Answer("202 Accepted")], [Xml(BlockList), Error("409 Conflict", "BlobAlreadyExists"), Answer("200 OK", "", BlobHeaders + "x-ms-meta-orthanc_cloudfs_aborted_upload: u\r\n"), Answer("202 Accepted")]],
        _ => [[Answer("202 Accepted", "", BlobHeaders + "x-ms-copy-id: c\r\nx-ms-copy-status: success\r\n"), Answer("200 OK", "", BlobHeaders + "x-ms-copy-id: c\r\nx-ms-copy-status: success\r\n")]],
    };

    protected override IBucket OpenBucket(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) =>
        new AzureBucket(new AzureBucketSettings
        {
            ContainerName = "images",
            ConnectionString = Account,
            VerifyMd5OnGet = true,
            CopyPollInterval = TimeSpan.FromMilliseconds(1),
            Connect = connect,
        });

    private static string Xml(string body) => Answer("200 OK", body, "Content-Type: application/xml\r\n");

    private static string Error(string status, string code, string headers = "") => Answer(
        status, $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>", headers + $"x-ms-error-code: {code}\r\nContent-Type: application/xml\r\n");
}
