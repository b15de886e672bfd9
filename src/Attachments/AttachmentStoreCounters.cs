using OrthancCloudFs.Attachments.Journal;

namespace OrthancCloudFs.Attachments;

/// <summary>What the store did since it was opened, and what it holds now.</summary>
/// <param name="Commits">Attachments stored.</param>
/// <param name="CommitFailures">Attachments that were written and did not become an object.</param>
/// <param name="Opens">Attachments opened for reading.</param>
/// <param name="OpenFailures">Opens that failed.</param>
/// <param name="Deletes">Attachments deleted, remembered deletes included.</param>
/// <param name="PendingDeletes">Objects whose delete the bucket has not confirmed yet.</param>
/// <param name="OpenWriters">Attachments being written now.</param>
/// <param name="OpenReaders">Attachments open for reading now.</param>
/// <param name="StagingCapacity">Bytes of staging memory in all.</param>
/// <param name="StagingReserved">Bytes reserved now, kept content included.</param>
/// <param name="StagingClean">Bytes of kept content that could be given back now.</param>
/// <param name="StagingWaiting">Callers waiting for staging memory now.</param>
/// <param name="Journal">What the journal of uploads holds now.</param>
public sealed record AttachmentStoreCounters(
    long Commits,
    long CommitFailures,
    long Opens,
    long OpenFailures,
    long Deletes,
    int PendingDeletes,
    int OpenWriters,
    int OpenReaders,
    long StagingCapacity,
    long StagingReserved,
    long StagingClean,
    int StagingWaiting,
    UploadJournalCounters Journal);
