using System.Text.Json.Serialization;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Health;

namespace OrthancCloudFs.Program.Control;

/// <summary>The names of the requests.</summary>
internal static class ControlRequest
{
    public const string Status = "status";
    public const string Unmount = "unmount";
}

/// <summary>What <c>status --json</c> prints; documented in docs/cli.md.</summary>
internal sealed record MountStatus(
    string MountPoint,
    string Bucket,
    string Cipher,
    int ProcessId,
    DateTimeOffset MountedSince,
    StagingStatus Staging,
    IReadOnlyDictionary<string, long> KernelRequests,
    IReadOnlyDictionary<string, long> BucketRequests,
    IReadOnlyDictionary<string, long> BucketFailures,
    ConcurrencyStatus BucketConcurrency,
    long BucketBytesSent,
    long BucketBytesReceived,
    long Commits,
    FailureStatus Failures,
    long Opens,
    long Deletes,
    int PendingDeletes,
    int PendingUploads,
    JournalStatus Journal,
    OpenFilesStatus OpenFiles,
    ProcessStatus Process,
    long BucketRetries,
    double OldestPendingDelete,
    HealthStatus Health);

/// <summary>What <c>/health</c> answers too: <c>green</c>, <c>yellow</c> or <c>red</c>, and why.</summary>
internal sealed record HealthStatus(string Status, IReadOnlyList<string> Reasons)
{
    public static HealthStatus Of(HealthReport report) => new(report.Level.ToString().ToLowerInvariant(), report.Reasons);
}

/// <summary>Staging memory, in bytes; <paramref name="Clean"/> is part of <paramref name="Reserved"/> and can be given back at once.</summary>
internal sealed record StagingStatus(long Capacity, long Reserved, long Clean, int Waiting, long KernelBuffers);

/// <summary>The journal of uploads: bytes in use, the most, uploads that need somebody's doing, and when the oldest one was acknowledged.</summary>
internal sealed record JournalStatus(long Bytes, long MaxBytes, int Stuck, DateTimeOffset? OldestSince);

/// <summary>Requests to the bucket that may run at once: the configured bound, and what the provider bears now.</summary>
internal sealed record ConcurrencyStatus(int Most, int Now);

/// <summary>Attachments that did not become an object, and opens that failed.</summary>
internal sealed record FailureStatus(long Commits, long Opens);

/// <summary>Attachments open now.</summary>
internal sealed record OpenFilesStatus(int Writing, int Reading);

/// <summary>Memory of the program itself, in bytes: all that is resident, and the managed heap, garbage included.</summary>
internal sealed record ProcessStatus(long Resident, long ManagedHeap);

/// <summary>Why the mount point could not be unmounted, or null; then <paramref name="Pending"/> is what was left when the program ended.</summary>
internal sealed record UnmountAnswer(string? Refusal, PendingWork Pending);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(MountStatus))]
[JsonSerializable(typeof(UnmountAnswer))]
[JsonSerializable(typeof(HealthStatus))]
internal sealed partial class ControlJson : JsonSerializerContext;
