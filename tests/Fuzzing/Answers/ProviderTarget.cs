using System.Text;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;

namespace OrthancCloudFs.Fuzzing.Answers;

/// <summary>
/// A provider that answers anything, before the real bucket with the provider's real SDK. The first byte of an input chooses the operation;
/// the rest are the answers to its requests, separated by the byte 0x1E. The operation succeeds as its contract says, or ends with a
/// <see cref="BucketException"/> that is not the disguise of a fault of the program's own.
/// </summary>
internal abstract class ProviderTarget : FuzzTarget
{
    private const byte AnswerSeparator = 0x1E;
    private const string Key = "3f/1a/3f1a2b3c.dcm";
    private const string Version = "\"0123456789abcdef0123456789abcdef\"";

    private static readonly BytesSource Content = new("content"u8.ToArray());

    private readonly ScriptedEndpoint _endpoint = new();
    private IBucket? _bucket;

    private enum Operation
    {
        Head,
        Get,
        GetRange,
        GetVersion,
        Put,
        PutIfAbsent,
        Delete,
        List,
        ListFolded,
        ListNext,
        Upload,
        AbortUpload,
        Copy,
        Count,
    }

    public override IEnumerable<byte[]> Seeds
    {
        get
        {
            foreach (Operation operation in Enum.GetValues<Operation>())
            {
                if (operation == Operation.Count)
                    continue;
                foreach (string[] answers in AnswersTo(operation.ToString()))
                    yield return [(byte)operation, .. Encoding.UTF8.GetBytes(string.Join((char)AnswerSeparator, answers))];
                foreach (string[] answers in Failures)
                    yield return [(byte)operation, .. Encoding.UTF8.GetBytes(string.Join((char)AnswerSeparator, answers))];
            }
        }
    }

    public override IEnumerable<string> Dictionary =>
    [
        "\u001e", "\r\n", "\r\n\r\n", "200 OK", "204 No Content", "206 Partial Content", "301 Moved", "304 Not Modified", "307 Temporary Redirect",
        "308 Resume Incomplete", "401 Unauthorized", "403 Forbidden", "404 Not Found", "409 Conflict", "412 Precondition Failed",
        "416 Range Not Satisfiable", "429 Too Many Requests", "499 Closed", "500 Internal Server Error", "503 Slow Down", "Content-Length: ",
        "Content-Range: bytes 0-2/7", "Content-Type: ", "ETag: ", "Last-Modified: ", "Retry-After: ", "Transfer-Encoding: chunked\r\n",
        "Content-MD5: ", "Location: ", "-1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "Mon, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT", "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbbbbbbbb\">]>", "&b;&b;&b;&b;", "<?xml version=\"1.0\"?>", "null", "\u00ef\u00bb\u00bf",
    ];

    protected override long AllocationBase => 4 << 20;

    protected override long AllocationPerByte => 512;

    /// <summary>Good answers to the requests of an operation, by its name.</summary>
    protected abstract IEnumerable<string[]> AnswersTo(string operation);

    /// <summary>What can go wrong with any operation.</summary>
    protected abstract IEnumerable<string[]> Failures { get; }

    /// <summary>Opens the bucket; called once.</summary>
    protected abstract IBucket OpenBucket(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect);

    /// <summary>Makes the bucket forget what earlier answers proved.</summary>
    protected virtual void Forget(IBucket bucket)
    {
    }

    /// <summary>An answer as the endpoint takes it, with its true length.</summary>
    protected static string Answer(string status, string body = "", string headers = "") =>
        $"{status}\r\nConnection: close\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}";

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        var answers = new List<byte[]>();
        ReadOnlySpan<byte> rest = input.AsSpan(1);
        foreach (Range range in rest.Split(AnswerSeparator))
            answers.Add(rest[range].ToArray());
        _endpoint.Prepare(answers);
        RunAsync((Operation)(input[0] % (int)Operation.Count)).GetAwaiter().GetResult();
    }

    protected override void Close() => _bucket?.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task RunAsync(Operation operation)
    {
        _bucket ??= OpenBucket(_endpoint.ConnectAsync);
        Forget(_bucket);
        try
        {
            await RunAsync(_bucket, operation);
        }
        catch (BucketException e)
        {
            RequireNoDisguise(e);
        }
    }

    private static async Task RunAsync(IBucket bucket, Operation operation)
    {
        var target = new CheckedTarget();
        switch (operation)
        {
            case Operation.Head:
                if (await bucket.HeadAsync(Key, default) is { } info)
                    RequirePlausible(info);
                break;
            case Operation.Get or Operation.GetRange or Operation.GetVersion:
                var options = new GetOptions(
                    operation == Operation.GetRange ? new ByteRange(1, 3) : null, operation == Operation.GetVersion ? Version : null);
                if (await bucket.GetAsync(Key, options, target, default))
                    Require(target.IsComplete, "a get succeeded although bytes are missing");
                break;
            case Operation.Put or Operation.PutIfAbsent:
                await bucket.PutAsync(Key, Content, new PutOptions(IfAbsent: operation == Operation.PutIfAbsent), default);
                break;
            case Operation.Delete:
                await bucket.DeleteAsync(Key, default);
                break;
            case Operation.List or Operation.ListFolded or Operation.ListNext:
                RequirePlausible(await bucket.ListAsync(
                    "3f", operation == Operation.ListFolded ? '/' : null, operation == Operation.ListNext ? "3f/1a" : null, 100, default));
                break;
            case Operation.Upload:
                string upload = await bucket.BeginUploadAsync(Key, new PutOptions(), default);
                Require(!string.IsNullOrEmpty(upload), "an upload has no name");
                UploadedPart part = await bucket.PutPartAsync(Key, upload, new PartPlace(1, 0, IsLast: true), Content, default);
                await bucket.CompleteUploadAsync(Key, upload, [part], new PutOptions(IfAbsent: true), default);
                break;
            case Operation.AbortUpload:
                await bucket.AbortUploadAsync(Key, "http://localhost/upload", default);
                break;
            case Operation.Copy:
                await bucket.CopyAsync(new ObjectInfo(Key, 7, DateTimeOffset.UnixEpoch, Version), "new", default);
                break;
        }
    }

    private static void RequirePlausible(ListPage page)
    {
        foreach (ObjectInfo info in page.Objects)
            RequirePlausible(info);
        foreach (string prefix in page.CommonPrefixes)
            Require(!string.IsNullOrEmpty(prefix), "a listing has a folded prefix without a name");
    }

    private static void RequirePlausible(ObjectInfo info)
    {
        Require(!string.IsNullOrEmpty(info.Key), "an object has no key");
        Require(info.Length >= 0, $"an object has a length of {info.Length} bytes");
    }

    /// <summary>What code throws that did not reckon with an answer, in the bucket's own code.</summary>
    private static void RequireNoDisguise(BucketException e)
    {
        for (Exception? cause = e.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is not (NullReferenceException or ArgumentException or IndexOutOfRangeException or InvalidCastException
                or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or NotSupportedException))
            {
                continue;
            }

            string? thrower = cause.StackTrace?.Split('\n').FirstOrDefault(frame => !frame.Contains(" at System.", StringComparison.Ordinal));
            Require(thrower?.Contains(" OrthancCloudFs.", StringComparison.Ordinal) != true, $"the bucket did not reckon with this answer: {e}");
        }
    }
}
