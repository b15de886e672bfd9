using System.Text.Json.Serialization;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>How pending uploads are written down: as JSON that names objects and holds neither keys nor content.</summary>
internal sealed class UploadCodec() : JsonRecordCodec<PendingUpload, UploadCodec.LogEntry>(UploadJson.Default.LogEntry)
{
    /// <summary>No journal gets there; what says so is not believed, since numbers go on from the highest one.</summary>
    private const long NumberLimit = long.MaxValue / 2;

    private readonly Lock _lock = new();
    private PendingUpload? _highest;

    /// <summary>The highest number in the records that were read, and of the uploads that are done since.</summary>
    public long HighestNumber
    {
        get
        {
            lock (_lock)
                return _highest?.Number ?? 0;
        }
    }

    /// <summary>Says that the last upload is done, so that a file of it, or of one before it, that could not be removed is not taken for a loss.</summary>
    public override byte[]? Marker
    {
        get
        {
            lock (_lock)
                return _highest is null ? null : Format(_highest, isDone: true);
        }
    }

    /// <inheritdoc/>
    public override string NameOf(PendingUpload entry) => entry.Key;

    /// <inheritdoc/>
    protected override LogEntry ToRecord(PendingUpload entry, bool isDone)
    {
        if (isDone)
            See(entry);
        return new LogEntry(
            entry.Key,
            isDone,
            entry.Id.ToString(),
            entry.Number,
            entry.ContentLength,
            entry.Since,
            entry.HeaderSha256,
            isDone ? null : [.. entry.Pieces.Select(piece => piece.Length)],
            isDone ? null : [.. entry.Pieces.Select(piece => piece.Hash)]);
    }

    /// <inheritdoc/>
    protected override bool TryFromRecord(LogEntry read, out PendingUpload entry, out bool isDone, ref string reason)
    {
        (entry, isDone) = (null!, read.IsDone);
        if (read is not { Key.Length: > 0, HeaderSha256: { } header } || !AttachmentId.TryParse(read.Attachment, out AttachmentId id))
            return false;
        ObjectPiece[] pieces = [.. (read.Lengths ?? []).Zip(read.Hashes ?? [], static (length, hash) => new ObjectPiece(length, hash))];
        if (!isDone && (pieces.Length == 0 || !IsPossible(read, pieces)))
        {
            reason = "its pieces do not make up an object";
            return false;
        }

        entry = new PendingUpload(id, read.Key, read.Number, read.ContentLength, read.Since, header, pieces);
        See(entry);
        return true;
    }

    private void See(PendingUpload entry)
    {
        lock (_lock)
        {
            if (entry.Number > (_highest?.Number ?? 0) && entry.Number < NumberLimit)
                _highest = entry;
        }
    }

    private static bool IsPossible(LogEntry read, ObjectPiece[] pieces)
    {
        UInt128 length = 0;
        foreach (ObjectPiece piece in pieces)
        {
            if (piece.Length <= 0)
                return false;
            length += (UInt128)piece.Length;
        }

        return read.Lengths!.Count == read.Hashes!.Count && read.Number is > 0 and < NumberLimit && read.ContentLength >= 0
            && length <= long.MaxValue && length >= (UInt128)read.ContentLength;
    }

    internal sealed record LogEntry(
        string? Key,
        bool IsDone,
        string? Attachment,
        long Number,
        long ContentLength,
        DateTimeOffset Since,
        string? HeaderSha256,
        IReadOnlyList<long>? Lengths,
        IReadOnlyList<ulong>? Hashes);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(UploadCodec.LogEntry))]
internal sealed partial class UploadJson : JsonSerializerContext;
