using System.Buffers.Binary;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.TestKit;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>
/// A journal of uploads with any bytes. The first byte of an input says how its log is made: of intact records, one from each line, or as it
/// comes; then comes the length of the log, in two bytes, the log, and the one object file that lies beside it.
/// </summary>
internal sealed class UploadsTarget : FuzzTarget
{
    private const int PrefixLength = 3;
    private const int HeaderLength = 16;

    private static readonly PendingUpload Whole = Upload("3f1a2b3c-0000-1111-2222-333344445555", 1, 20, new ObjectPiece(40, 0x0123456789ABCDEF));

    private static readonly PendingUpload InPieces =
        Upload("3f1a2b3c-0000-1111-2222-333344445556", 2, 100, new ObjectPiece(64, 1), new ObjectPiece(64, ulong.MaxValue));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-fuzz-uploads-");
    private readonly LineCounter _lines = new();

    [Flags]
    private enum Modes
    {
        None = 0,

        /// <summary>Each line of the log becomes an intact record, whose checksum a search would hardly find.</summary>
        IntactRecords = 1,

        /// <summary>What follows becomes the intact record of the object file.</summary>
        IntactFile = 2,
    }

    public override string Name => "uploads";

    public override IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] whole = Record(Whole), pieces = Record(InPieces), done = Record(Whole, isDone: true);
            byte[] lines = [.. whole, (byte)'\n', .. pieces];
            yield return Input(Modes.IntactRecords, lines, []);
            yield return Input(Modes.IntactRecords, [.. lines, (byte)'\n', .. done], []);
            yield return Input(Modes.IntactRecords | Modes.IntactFile, pieces, whole);
            yield return Input(Modes.IntactFile, [], whole);
            yield return Input(Modes.IntactFile, RecordFormat.Format([whole, pieces])[..^9], pieces);
            yield return Input(Modes.None, RecordFormat.Format([whole, pieces]), ObjectBytes(whole));
            yield return Input(Modes.IntactRecords, [.. "{\"Key\":\"a\",\"From\":\"another version\"}"u8], [0, 0, 0, 0]);
        }
    }

    public override IEnumerable<string> Dictionary =>
        ["OrthancCloudFs record log 1\n", "OCR1", "\"Key\":", "\"IsDone\":", "\"Attachment\":", "\"Number\":", "\"ContentLength\":", "\"Since\":",
            "\"HeaderSha256\":", "\"Lengths\":[", "\"Hashes\":[", "true", "null", "9223372036854775807", "18446744073709551615", "-1"];

    /// <summary>Two starts of journal and deletes, with their logs, locks and buffers.</summary>
    protected override long AllocationBase => 4 << 20;

    protected override void Parse(byte[] input)
    {
        if (input.Length < PrefixLength)
            return;
        var modes = (Modes)input[0];
        byte[] rest = input[PrefixLength..];
        int split = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(1)), rest.Length);
        (byte[] log, byte[] file) = (rest[..split], rest[split..]);
        if (modes.HasFlag(Modes.IntactRecords))
            log = RecordFormat.Format([.. Lines(log)]);
        if (modes.HasFlag(Modes.IntactFile) && file.Length is > 0 and <= RecordFormat.LongestRecord)
            file = ObjectBytes(file);
        foreach (byte[] record in RecordFormat.Read(log).Records)
            CheckRecord(record);
        CheckFolder(log, file);
    }

    protected override void Close() => _folder.Delete(recursive: true);

    private static PendingUpload Upload(string name, long number, long contentLength, params ObjectPiece[] pieces)
    {
        if (!AttachmentId.TryParse(name, out AttachmentId id))
            throw new InvalidOperationException(name);
        return new PendingUpload(id, $"{name[..2]}/{name[2..4]}/{name}", number, contentLength, DateTimeOffset.UnixEpoch, new string('0', 64), pieces);
    }

    private static byte[] Record(PendingUpload upload, bool isDone = false) => new UploadCodec().Format(upload, isDone);

    private static byte[] Input(Modes modes, byte[] log, byte[] file)
    {
        byte[] length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)log.Length);
        return [(byte)modes, .. length, .. log, .. file];
    }

    /// <summary>An object of 40 bytes and the record behind it.</summary>
    private static byte[] ObjectBytes(byte[] record)
    {
        byte[] framed = RecordFormat.FormatRecords([record]);
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, framed.Length);
        return [.. new byte[40], .. framed, .. length];
    }

    private static List<byte[]> Lines(byte[] log)
    {
        var lines = new List<byte[]>();
        foreach (Range range in log.AsSpan().Split((byte)'\n'))
        {
            if (log[range] is { Length: > 0 and <= RecordFormat.LongestRecord } line)
                lines.Add(line);
        }

        return lines;
    }

    /// <summary>What is read is possible, and reads the same when it is written anew.</summary>
    private static void CheckRecord(byte[] record)
    {
        var codec = new UploadCodec();
        if (!codec.TryParse(record, out PendingUpload upload, out bool isDone, out _) || isDone)
            return;
        Require(upload.Length > 0 && upload.ContentLength >= 0 && upload.ContentLength <= upload.Length, "the lengths are impossible");
        Require(upload.Number > 0 && codec.HighestNumber >= upload.Number, "the number is impossible");
        byte[] again = codec.Format(upload, isDone: false);
        Require(
            codec.TryParse(again, out PendingUpload same, out isDone, out _) && !isDone
                && upload with { Pieces = same.Pieces } == same && upload.Pieces.SequenceEqual(same.Pieces),
            "it reads differently when it is written anew");
    }

    /// <summary>Starts twice, with a bucket that does not answer: the second start finds what the first one found.</summary>
    private void CheckFolder(byte[] log, byte[] file)
    {
        foreach (DirectoryInfo old in _folder.EnumerateDirectories())
            old.Delete(recursive: true);
        string uploads = _folder.CreateSubdirectory("state").CreateSubdirectory("uploads").FullName;
        string path = Path.Combine(uploads, "uploads.log");
        File.WriteAllBytes(path, log);
        File.WriteAllBytes(ObjectFile.PathOf(uploads, 1), file);
        _ = ObjectFile.TryReadRecord(ObjectFile.PathOf(uploads, 1));
        _lines.Count = 0;
        HashSet<AttachmentInfo> first = [.. StartAsync(uploads).GetAwaiter().GetResult()];
        Require(RecordFormat.Read(log).Damages.Count == 0 || _lines.Count > 0, "a damage was passed over in silence");
        Require(RecordFormat.Read(File.ReadAllBytes(path)).Damages.Count == 0, "the log is damaged after a start still");
        Require(first.SetEquals(StartAsync(uploads).GetAwaiter().GetResult()), "a second start found something else");
    }

    private async Task<IReadOnlyList<AttachmentInfo>> StartAsync(string uploads)
    {
        var bucket = new FaultyBucket(new MemoryBucket());
        foreach (BucketOperation operation in Enum.GetValues<BucketOperation>())
            bucket.Inject(operation, Fault.Stall());
        PendingDeletes deletes = PendingDeletes.OpenIdle(Path.GetDirectoryName(uploads)!, bucket, HeaderLength, _lines);
        await using (deletes.ConfigureAwait(false))
        {
            var targets = new UploadTargets(bucket, bucket, deletes, HeaderLength);
            UploadJournal journal = await UploadJournal.OpenAsync(uploads, new UploadJournalOptions(), targets, _lines).ConfigureAwait(false);
            await using (journal.ConfigureAwait(false))
                return journal.All();
        }
    }
}
