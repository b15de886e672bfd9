using System.Text;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Journal;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>A log file with any bytes: the intact records are used, every other byte is accounted for and told of.</summary>
internal sealed class JournalTarget : FuzzTarget
{
    private readonly LogFolder _folder = new();

    public override string Name => "journal";

    public override IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] whole = RecordFormat.Format(DeletesTarget.Records);
            yield return whole;
            yield return whole[..^5];
            yield return [.. whole[..60], .. "damage"u8, .. whole[60..]];
            yield return RecordFormat.Format([]);
            yield return [];
        }
    }

    public override IEnumerable<string> Dictionary => ["OrthancCloudFs record log 1\n", "OCR1"];

    protected override void Parse(byte[] input)
    {
        RecordLogContent content = RecordFormat.Read(input);
        RequireAccountedFor(input, content);
        RecordLogContent again = RecordFormat.Read(RecordFormat.Format(content.Records));
        Require(again.Damages.Count == 0, "what was written anew is damaged");
        Require(SameRecords(content.Records, again.Records), "what was written anew differs");
        _folder.Check(input, mustSpeak: content.Damages.Count > 0);
    }

    protected override void Close() => _folder.Dispose();

    /// <summary>Title, records and damages are the whole file, and the records lie between the damages in their order.</summary>
    private static void RequireAccountedFor(byte[] file, RecordLogContent content)
    {
        long title = RecordFormat.Format([]).Length;
        long records = content.Records.Sum(record => RecordFormat.FormatRecords([record]).LongLength);
        long damaged = content.Damages.Sum(damage => damage.Length);
        long all = records + damaged;
        Require(all == file.Length || all == file.Length - title, $"{all} of {file.Length} bytes are accounted for");
        long end = 0;
        foreach (RecordLogDamage damage in content.Damages)
        {
            Require(damage.Length > 0 && damage.Offset >= end, "damages overlap");
            end = damage.Offset + damage.Length;
            Require(end <= file.Length && damage.IsTail == (end == file.Length), "a damage is said to be where it is not");
        }
    }

    private static bool SameRecords(IReadOnlyList<byte[]> one, IReadOnlyList<byte[]> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
}

/// <summary>Intact records of any content, one from each line of the input: what a line says is replayed, or told of and kept.</summary>
internal sealed class DeletesTarget : FuzzTarget
{
    private readonly LogFolder _folder = new();

    /// <summary>What the program itself writes, and has written.</summary>
    public static IReadOnlyList<byte[]> Records { get; } =
    [
        [.. """{"Key":"3f/1a/3f1a2b3c-0000-1111-2222-333344445555.dcm","Attachment":"3f1a2b3c-0000-1111-2222-333344445555","Since":"2026-01-31T08:15:00+00:00"}"""u8],
        [.. """{"Key":"a","Attachment":"00000000-0000-1111-2222-333344445555","Since":"2026-01-31T08:15:00+00:00","OnlyIfHeaderSha256":"00ff","UploadId":"u","MayStillArrive":true}"""u8],
        [.. """{"Key":"a","IsDone":true,"Attachment":"00000000-0000-1111-2222-333344445555","Since":"2026-01-31T08:15:00+00:00"}"""u8],
        [.. """{"Key":"b","From":"another version"}"""u8],
    ];

    public override string Name => "deletes";

    public override IEnumerable<byte[]> Seeds =>
        [Encoding.UTF8.GetBytes(string.Join('\n', Records.Select(Encoding.UTF8.GetString))), .. Records, [.. "null\n[]\n{}"u8]];

    public override IEnumerable<string> Dictionary =>
        ["\"Key\":", "\"IsDone\":", "\"Attachment\":", "\"Since\":", "\"OnlyIfHeaderSha256\":", "\"UploadId\":", "\"MayStillArrive\":",
            "true", "false", "null", "\\u0000", "\\uD800", "9999-12-31T23:59:59+14:00"];

    protected override void Parse(byte[] input)
    {
        var records = new List<byte[]>();
        foreach (Range range in input.AsSpan().Split((byte)'\n'))
        {
            if (input[range] is { Length: > 0 and <= RecordFormat.LongestRecord } record)
                records.Add(record);
        }

        _folder.Check(RecordFormat.Format(records), mustSpeak: false);
    }

    protected override void Close() => _folder.Dispose();
}

/// <summary>A state directory whose log of deletes has any content.</summary>
internal sealed class LogFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-fuzz-log-");
    private readonly LineCounter _lines = new();

    /// <summary>Starts twice: the second start finds what the first one found, in a file without damage.</summary>
    /// <exception cref="FindingException">Something does not hold.</exception>
    public void Check(byte[] file, bool mustSpeak)
    {
        foreach (FileInfo old in _folder.EnumerateFiles())
            old.Delete();
        string path = Path.Combine(_folder.FullName, "deletes.log");
        File.WriteAllBytes(path, file);
        _lines.Count = 0;
        IReadOnlyList<PendingDelete> first = Start();
        if (mustSpeak && _lines.Count == 0)
            throw new FindingException("a damage was passed over in silence");
        if (mustSpeak && !_folder.EnumerateFiles("deletes.log.damaged-*").Any(kept => File.ReadAllBytes(kept.FullName).AsSpan().SequenceEqual(file)))
            throw new FindingException("the damaged file was not kept");
        if (RecordFormat.Read(File.ReadAllBytes(path)).Damages.Count > 0)
            throw new FindingException("the file is damaged after a start still");
        IReadOnlyList<PendingDelete> second = Start();
        if (!first.ToHashSet().SetEquals(second))
            throw new FindingException("a second start found something else");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private IReadOnlyList<PendingDelete> Start()
    {
        RecordTable<PendingDelete> log = DeleteLog.Open(_folder.FullName, _lines);
        IReadOnlyList<PendingDelete> written = log.Entries;
        log.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return written;
    }
}
