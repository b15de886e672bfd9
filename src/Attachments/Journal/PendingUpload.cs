using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>One sealed object on local disk that must get into the bucket.</summary>
/// <param name="Id">The attachment that it holds.</param>
/// <param name="Key">Its object key.</param>
/// <param name="Number">Its place in the order of arrival; its file is named by it.</param>
/// <param name="ContentLength">Bytes of content, envelope not included.</param>
/// <param name="Since">When it was acknowledged.</param>
/// <param name="HeaderSha256">Lower-case hexadecimal SHA-256 of its envelope header, which no other object shares.</param>
/// <param name="Pieces">The pieces that it is uploaded in, in order: one for an object that is put as a whole.</param>
internal sealed record PendingUpload(
    AttachmentId Id,
    string Key,
    long Number,
    long ContentLength,
    DateTimeOffset Since,
    string HeaderSha256,
    IReadOnlyList<ObjectPiece> Pieces)
{
    /// <summary>Bytes of the object, envelope included.</summary>
    public long Length => Pieces.Sum(piece => piece.Length);

    /// <summary>The attachment as others see it.</summary>
    public AttachmentInfo Info => new(Id, Key, ContentLength, Since, Encrypted: true);
}

/// <summary>Bytes of an object one behind the other.</summary>
/// <param name="Length">How many.</param>
/// <param name="Hash">Their XXH3 (64 bits, seed 0), by which a sick disk is found out; it is no protection against people.</param>
internal readonly record struct ObjectPiece(long Length, ulong Hash);

/// <summary>How pending uploads are written down: as JSON that names objects and holds neither keys nor content.</summary>
internal sealed class UploadCodec : IRecordCodec<PendingUpload>
{
    /// <summary>The highest number in the records that were read, also in those of uploads that are done.</summary>
    public long HighestNumber { get; private set; }

    /// <inheritdoc/>
    public string NameOf(PendingUpload entry) => entry.Key;

    /// <inheritdoc/>
    public byte[] Format(PendingUpload entry, bool isDone) => JsonSerializer.SerializeToUtf8Bytes(
        new LogEntry(
            entry.Key,
            isDone,
            entry.Id.ToString(),
            entry.Number,
            entry.ContentLength,
            entry.Since,
            entry.HeaderSha256,
            isDone ? null : [.. entry.Pieces.Select(piece => piece.Length)],
            isDone ? null : [.. entry.Pieces.Select(piece => piece.Hash)]),
        UploadJson.Default.LogEntry);

    /// <inheritdoc/>
    public bool TryParse(byte[] record, out PendingUpload entry, out bool isDone, out string reason)
    {
        LogEntry? read = null;
        reason = "it names no object";
        try
        {
            read = JsonSerializer.Deserialize(record, UploadJson.Default.LogEntry);
        }
        catch (JsonException e)
        {
            reason = e.Message;
        }

        (entry, isDone) = (null!, read?.IsDone ?? false);
        if (read is not { Key.Length: > 0, HeaderSha256: { } header } || !AttachmentId.TryParse(read.Attachment, out AttachmentId id))
            return false;
        ObjectPiece[] pieces = [.. (read.Lengths ?? []).Zip(read.Hashes ?? [], static (length, hash) => new ObjectPiece(length, hash))];
        if (!isDone && (pieces.Length == 0 || !IsPossible(read, pieces)))
        {
            reason = "its pieces do not make up an object";
            return false;
        }

        HighestNumber = Math.Max(HighestNumber, read.Number);
        entry = new PendingUpload(id, read.Key, read.Number, read.ContentLength, read.Since, header, pieces);
        return true;
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

        return read.Lengths!.Count == read.Hashes!.Count && read.Number > 0 && read.ContentLength >= 0
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
