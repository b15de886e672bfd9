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
