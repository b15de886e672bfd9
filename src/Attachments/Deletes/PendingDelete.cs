namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>One object that must disappear from the bucket, or the parts of an upload that must.</summary>
/// <param name="Id">The attachment that it held.</param>
/// <param name="Key">The object.</param>
/// <param name="Since">When the delete was asked for.</param>
/// <param name="OnlyIfHeaderSha256">
/// Set for an upload of unknown outcome: lower-case hexadecimal SHA-256 of the object's envelope header. Every envelope has a fresh random
/// header, so an object with another one is somebody else's and stays.
/// </param>
/// <param name="UploadId">
/// An upload in parts that is to be dropped first; null when there was none. Without a fingerprint only the upload is dropped.
/// </param>
/// <param name="MayStillArrive">
/// A request that would store the object may still be under way at the provider: the delete is done only when it was done once more, later.
/// </param>
/// <param name="SearchPrefix">
/// Set where the bucket could not be asked which key the attachment has: every object whose key begins with this is one of its; null where
/// <paramref name="Key"/> is known.
/// </param>
public sealed record PendingDelete(
    AttachmentId Id,
    string Key,
    DateTimeOffset Since,
    string? OnlyIfHeaderSha256,
    string? UploadId = null,
    bool MayStillArrive = false,
    string? SearchPrefix = null)
{
    /// <summary>True where the object, if there is one, stays, and with it the attachment's name.</summary>
    internal bool DropsUploadOnly => UploadId is not null && OnlyIfHeaderSha256 is null;

    /// <summary>What tells it from the others: one object is deleted once, while it may have had many uploads.</summary>
    internal string Name => DropsUploadOnly ? $"{Key}\n{UploadId}" : Key;
}
