using System.Text.Json;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>What <c>orthanc-cloudfs status --json</c> says, as documented in <c>docs/cli.md</c>; all counts since the mount.</summary>
public sealed record CloudFsStatus
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    /// <summary>Of the program in the background.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Requests by the kernel's name, such as <c>LOOKUP</c>.</summary>
    public required IReadOnlyDictionary<string, long> KernelRequests { get; init; }

    /// <summary>Attempts by kind: <c>head</c>, <c>get</c>, <c>put</c>, <c>delete</c>, <c>list</c>.</summary>
    public required IReadOnlyDictionary<string, long> BucketRequests { get; init; }

    /// <summary>Failed attempts by kind, such as <c>archived</c>.</summary>
    public required IReadOnlyDictionary<string, long> BucketFailures { get; init; }

    /// <summary>Attachments that became an object.</summary>
    public required long Commits { get; init; }

    /// <summary>Objects whose delete the bucket has not confirmed yet.</summary>
    public required int PendingDeletes { get; init; }

    /// <summary>Attachments that are acknowledged and not in the bucket yet, in journal mode.</summary>
    public int PendingUploads { get; init; }

    /// <summary>Attachments open now.</summary>
    public required OpenFileCounts OpenFiles { get; init; }

    /// <summary>How well the mount is.</summary>
    public required HealthAnswer Health { get; init; }

    /// <summary>Disk that the journal takes.</summary>
    public required JournalUse Journal { get; init; }

    /// <summary>Memory of the program itself.</summary>
    public required ProcessMemory Process { get; init; }

    /// <summary>Reads the program's answer.</summary>
    public static CloudFsStatus Parse(string json) => JsonSerializer.Deserialize<CloudFsStatus>(json, Options)!;

    /// <summary>Bucket requests of one kind.</summary>
    public long Bucket(string kind) => BucketRequests.GetValueOrDefault(kind);

    /// <summary>Looks at the bucket that bring no content: <c>head</c> and <c>list</c>.</summary>
    public long BucketLookUps => Bucket("head") + Bucket("list");

    /// <summary>What was counted since an earlier moment.</summary>
    public CloudFsStatus Since(CloudFsStatus earlier) => this with
    {
        KernelRequests = Difference(KernelRequests, earlier.KernelRequests),
        BucketRequests = Difference(BucketRequests, earlier.BucketRequests),
        Commits = Commits - earlier.Commits,
    };

    /// <summary>The counts that are not zero, for the message of a failed test.</summary>
    public string Counts => string.Join(", ", KernelRequests.Concat(BucketRequests).Where(count => count.Value != 0).Select(count => $"{count.Key} {count.Value}"));

    private static Dictionary<string, long> Difference(IReadOnlyDictionary<string, long> now, IReadOnlyDictionary<string, long> then) =>
        now.ToDictionary(count => count.Key, count => count.Value - then.GetValueOrDefault(count.Key), StringComparer.Ordinal);
}

/// <summary>Attachments open for writing and for reading.</summary>
public sealed record OpenFileCounts(int Writing, int Reading);

/// <summary><c>green</c>, <c>yellow</c> or <c>red</c>, and why.</summary>
public sealed record HealthAnswer(string Status, IReadOnlyList<string> Reasons);

/// <summary>Bytes of the objects in the journal, the most that they may be, and how many of them need somebody's doing.</summary>
public sealed record JournalUse(long Bytes, long MaxBytes, int Stuck);

/// <summary>In bytes: all that is resident, and the managed heap, garbage included.</summary>
public sealed record ProcessMemory(long Resident, long ManagedHeap);
