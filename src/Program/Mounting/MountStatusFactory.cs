using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Control;
using OrthancCloudFs.Program.Kernel;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>Gathers what <c>status</c> shows from the parts that count it.</summary>
internal static class MountStatusFactory
{
    public static MountStatus Create(string mountPoint, DateTimeOffset since, KernelCounters kernel, StorageComposition storage)
    {
        AttachmentStoreCounters store = storage.Store.Counters;
        (int most, int now) = storage.Bucket.Concurrency;
        BucketCounters bucket = storage.Bucket.Metered.Snapshot();
        return new MountStatus(
            mountPoint,
            storage.Bucket.Metered.Description,
            storage.CipherName,
            Environment.ProcessId,
            since,
            new StagingStatus(store.StagingCapacity, store.StagingReserved, store.StagingClean, store.StagingWaiting, kernel.BufferBytes),
            kernel.RequestsByOperation,
            bucket.Requests.ToDictionary(count => Lower(count.Key), count => count.Value, StringComparer.Ordinal),
            bucket.Failures.ToDictionary(count => Lower(count.Key), count => count.Value, StringComparer.Ordinal),
            new ConcurrencyStatus(most, now),
            bucket.BytesUploaded,
            bucket.BytesDownloaded,
            store.Commits,
            new FailureStatus(store.CommitFailures, store.OpenFailures),
            store.Opens,
            store.Deletes,
            store.PendingDeletes,
            store.Journal.Uploads,
            new JournalStatus(store.Journal.Bytes, store.Journal.MaxBytes, store.Journal.Stuck, store.Journal.OldestSince),
            new OpenFilesStatus(store.OpenWriters, store.OpenReaders),
            new ProcessStatus(Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: false)),
            storage.Bucket.Retries,
            Math.Round(storage.Health.OldestDeleteAge.TotalSeconds, 1),
            HealthStatus.Of(storage.Health.Report()));
    }

    private static string Lower<T>(T name)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name.ToString());
}
