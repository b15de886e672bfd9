using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Journal;

namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>How pending deletes are written down: as JSON that names objects, and holds neither keys nor content.</summary>
internal sealed class DeleteLog : JsonRecordCodec<PendingDelete, DeleteLog.LogEntry>
{
    private const string FileName = "deletes.log";

    private DeleteLog()
        : base(DeleteLogJson.Default.LogEntry)
    {
    }

    /// <summary>Opens the log of a directory.</summary>
    /// <inheritdoc cref="RecordTable{TEntry}.Open"/>
    public static RecordTable<PendingDelete> Open(string directory, ILogger logger) =>
        RecordTable<PendingDelete>.Open(Path.Combine(directory, FileName), new DeleteLog(), logger);

    /// <inheritdoc/>
    public override string NameOf(PendingDelete entry) => entry.Name;

    /// <inheritdoc/>
    protected override LogEntry ToRecord(PendingDelete entry, bool isDone) => new(
        entry.Key,
        isDone,
        entry.Id.ToString(),
        entry.Since,
        entry.OnlyIfHeaderSha256,
        entry.UploadId,
        entry.MayStillArrive,
        entry.SearchPrefix);

    /// <inheritdoc/>
    protected override bool TryFromRecord(LogEntry read, out PendingDelete entry, out bool isDone, ref string reason)
    {
        (entry, isDone) = (null!, read.IsDone);
        if (read is not { Key.Length: > 0 } || !AttachmentId.TryParse(read.Attachment, out AttachmentId id))
            return false;
        entry = new PendingDelete(
            id, read.Key, read.Since, read.OnlyIfHeaderSha256, read.UploadId, read.MayStillArrive, read.SearchPrefix);
        return true;
    }

    internal sealed record LogEntry(
        string? Key,
        bool IsDone,
        string? Attachment,
        DateTimeOffset Since,
        string? OnlyIfHeaderSha256,
        string? UploadId,
        bool MayStillArrive,
        string? SearchPrefix);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(DeleteLog.LogEntry))]
internal sealed partial class DeleteLogJson : JsonSerializerContext;
