using System.Runtime.CompilerServices;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.Fuzzing.Answers;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>S3's answers: XML and headers, through the AWS SDK.</summary>
internal sealed class S3Target : ProviderTarget
{
    private const string ObjectHeaders =
        "ETag: \"9a0364b9e99bb480dd25e1f0284c8555\"\r\nLast-Modified: Sun, 12 Oct 2025 17:50:00 GMT\r\nAccept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n";

    public override string Name => "s3";

    public override IEnumerable<string> Dictionary =>
    [
        .. base.Dictionary, "<ListBucketResult>", "</ListBucketResult>", "<Contents>", "</Contents>", "<Key>", "</Key>", "<Size>", "</Size>", "<ETag>", "<LastModified>",
        "<IsTruncated>true</IsTruncated>", "<CommonPrefixes>", "<Prefix>", "</Prefix>", "</CommonPrefixes>", "<Error>", "</Error>", "<Code>NoSuchKey</Code>",
        "<Code>NoSuchUpload</Code>", "<Code>SlowDown</Code>", "<EncodingType>url</EncodingType>", "<UploadId>", "x-amz-checksum-crc32: ", "x-amz-request-id: ",
        "x-amz-expiration: ", "x-amz-restore: ", "x-amz-tagging-count: ", "x-amz-mp-parts-count: ", "x-amz-error-code: ", "%2F", "%zz",
    ];

    protected override IEnumerable<string[]> Failures =>
    [
        [Error("503 Slow Down", "SlowDown", "Retry-After: 5\r\n")],
        [Error("404 Not Found", "NoSuchKey"), Answer("200 OK")],
        [Answer("404 Not Found"), Answer("200 OK")],
        [Error("412 Precondition Failed", "PreconditionFailed")],
        [Answer("500 Internal Server Error", "<html>proxy</html>", "Content-Type: text/html\r\nRetry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n")],
    ];

    protected override IEnumerable<string[]> AnswersTo(string operation) => operation switch
    {
        "Head" => [[Answer("200 OK", "content", ObjectHeaders)]],
        "Get" or "GetVersion" => [[Answer("200 OK", "content", ObjectHeaders)], ["200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncon\r\n0\r\n\r\n"]],
        "GetRange" => [[Answer("206 Partial Content", "ont", ObjectHeaders + "Content-Range: bytes 1-3/7\r\n")]],
        "Put" or "PutIfAbsent" => [[Answer("200 OK", "", "ETag: \"9a0364b9e99bb480dd25e1f0284c8555\"\r\n")]],
        "Delete" => [[Answer("204 No Content", "", "x-amz-delete-marker: true\r\n")]],
        "List" or "ListFolded" or "ListNext" => [[Xml(Listing)]],
        "Upload" =>
        [
            [
                Xml("<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"),
                Answer("200 OK", "", "ETag: \"e1\"\r\n"),
                Error("404 Not Found", "NoSuchKey"),
                Answer("200 OK"),
                Xml("<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>"),
            ],
            [
                Xml("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"),
                Answer("200 OK", "", "ETag: \"e1\"\r\n"),
                Answer("404 Not Found"),
                Xml("<Error><Code>InternalError</Code><Message>after a success</Message></Error>"),
            ],
        ],
        "AbortUpload" => [[Answer("204 No Content")]],
        _ => [[Answer("200 OK", "content", ObjectHeaders), Xml("<CopyObjectResult><ETag>\"e\"</ETag><LastModified>2025-10-12T17:50:30.000Z</LastModified></CopyObjectResult>")]],
    };

    private const string Listing = """
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>3f</Prefix><KeyCount>2</KeyCount><MaxKeys>100</MaxKeys>
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>
        <Contents><Key>3f/a%20b</Key><LastModified>2025-10-12T17:50:30.000Z</LastModified><ETag>"fba9dede5f27731c9771645a39863328"</ETag><Size>434234</Size>
        <StorageClass>STANDARD</StorageClass><Owner><ID>1</ID><DisplayName>d</DisplayName></Owner></Contents>
        <CommonPrefixes><Prefix>3f/1a/</Prefix></CommonPrefixes></ListBucketResult>
        """;

    protected override IBucket OpenBucket(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) => new S3Bucket(new S3BucketSettings
    {
        BucketName = "images",
        Region = "eu-west-3",
        Endpoint = "http://localhost:1/",
        VirtualAddressing = false,
        AccessKey = "access",
        SecretKey = "secret",
        VerifyETagOnGet = true,
        Connect = connect,
    });

    protected override void Forget(IBucket bucket) => ProvenAt((S3Bucket)bucket) = long.MinValue;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_provenAt")]
    private static extern ref long ProvenAt(S3Bucket bucket);

    private static string Xml(string body) => Answer("200 OK", body, "Content-Type: application/xml\r\n");

    private static string Error(string status, string code, string headers = "") => Answer(
        status, $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message><RequestId>r</RequestId></Error>", headers + "Content-Type: application/xml\r\n");
}
