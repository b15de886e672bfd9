using System.Diagnostics.Metrics;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Health;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Kernel;

namespace OrthancCloudFs.Program.Monitoring;

/// <summary>
/// Publishes what the parts of a mount count anyway, read when somebody asks; names and labels are documented in docs/metrics.md.
/// </summary>
internal sealed class MountMeter : IDisposable
{
    /// <summary>The name of the meter, for exporters.</summary>
    public const string Name = "OrthancCloudFs.Mount";

    private const string Bytes = "By";
    private const string Seconds = "s";
    private const string Attachments = "{attachment}";
    private const string Requests = "{request}";
    private const string Objects = "{object}";

    private readonly Meter _meter = new(Name);
    private readonly StorageComposition _storage;
    private readonly Func<KernelCounters?> _kernel;

    /// <param name="storage">To be disposed after this.</param>
    /// <param name="kernel">Null until it is mounted.</param>
    public MountMeter(StorageComposition storage, Func<KernelCounters?> kernel)
    {
        (_storage, _kernel) = (storage, kernel);
        PublishHealth();
        PublishAttachments();
        PublishDeletes();
        PublishJournal();
        PublishStaging();
        PublishKernel();
        PublishBucket();
        PublishProcess();
    }

    private AttachmentStoreCounters Store => _storage.Store.Counters;

    public void Dispose() => _meter.Dispose();

    private void PublishHealth() =>
        Gauge("health", () => (int)_storage.Health.Report().Level, "", $"{HealthLevel.Green:D} green, {HealthLevel.Yellow:D} yellow, {HealthLevel.Red:D} red.");

    private void PublishAttachments()
    {
        Counter("commits", () => Store.Commits, Attachments, "Attachments stored.");
        Counter("opens", () => Store.Opens, Attachments, "Attachments opened for reading.");
        Counter("deletes", () => Store.Deletes, Attachments, "Attachments deleted.");
        _meter.CreateObservableGauge<long>(
            "orthanc_cloudfs.open_files",
            () => [Labelled(Store.OpenWriters, "mode", "writing"), Labelled(Store.OpenReaders, "mode", "reading")],
            "{file}",
            "Attachments open now.");
    }

    private void PublishDeletes()
    {
        Gauge("deletes.pending", () => Store.PendingDeletes, Objects, "Objects whose delete the bucket has not confirmed yet.");
        Gauge("deletes.oldest_age", () => _storage.Health.OldestDeleteAge.TotalSeconds, Seconds, "Age of the oldest of them; 0 without one.");
    }

    private void PublishJournal()
    {
        Gauge("uploads.pending", () => Store.Journal.Uploads, Objects, "Objects in the journal that are not in the bucket yet.");
        Gauge("uploads.stuck", () => Store.Journal.Stuck, Objects, "Those among them that need somebody's doing.");
        Gauge("uploads.oldest_age", () => _storage.Health.OldestUploadAge.TotalSeconds, Seconds, "Age of the oldest of them; 0 without one.");
        Gauge("journal.used", () => Store.Journal.Bytes, Bytes, "Disk that the objects in the journal take.");
        Gauge("journal.capacity", () => Store.Journal.MaxBytes, Bytes, "The most that they may take; 0 where there is no journal.");
    }

    private void PublishStaging()
    {
        Gauge("staging.capacity", () => Store.StagingCapacity, Bytes, "Staging memory in all.");
        Gauge("staging.reserved", () => Store.StagingReserved, Bytes, "Staging memory in use, kept content included.");
        Gauge("staging.clean", () => Store.StagingClean, Bytes, "Kept content, which can be given back at once.");
        Gauge("staging.waiting", () => Store.StagingWaiting, "{caller}", "Callers that wait for staging memory.");
    }

    private void PublishKernel()
    {
        _meter.CreateObservableCounter(
            "orthanc_cloudfs.kernel.requests",
            () => _kernel()?.RequestsByOperation.Select(count => Labelled(count.Value, "operation", count.Key)) ?? [],
            Requests,
            "Requests of the kernel.");
        Gauge("kernel.in_flight", () => _kernel()?.InFlight ?? 0, Requests, "Requests of the kernel that are not answered yet.");
        Counter("kernel.timeouts", () => _kernel()?.TimedOut ?? 0, Requests, "Requests of the kernel that passed their deadline.");
        Gauge("kernel.buffers", () => _kernel()?.BufferBytes ?? 0, Bytes, "Memory of the buffers for requests of the kernel.");
    }

    private void PublishBucket()
    {
        Gauge("bucket.concurrency", () => _storage.Bucket.Concurrency.Now, Requests, "Requests that may run at once, as the provider bears them now.");
        Gauge("bucket.concurrency.limit", () => _storage.Bucket.Concurrency.Most, Requests, "Requests that may run at once when the provider bears them.");
    }

    private void PublishProcess()
    {
        Gauge("process.resident", () => Environment.WorkingSet, Bytes, "Memory of the program that is resident.");
        Gauge("process.managed_heap", () => GC.GetTotalMemory(forceFullCollection: false), Bytes, "The managed part of it, garbage included.");
    }

    private void Gauge<T>(string name, Func<T> value, string unit, string description)
        where T : struct => _meter.CreateObservableGauge($"orthanc_cloudfs.{name}", value, unit, description);

    private void Counter(string name, Func<long> value, string unit, string description) =>
        _meter.CreateObservableCounter($"orthanc_cloudfs.{name}", value, unit, description);

    private static Measurement<long> Labelled(long value, string label, string text) => new(value, new KeyValuePair<string, object?>(label, text));
}
