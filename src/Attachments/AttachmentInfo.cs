namespace OrthancCloudFs.Attachments;

/// <summary>A committed attachment.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Key">The object that holds it.</param>
/// <param name="Length">Bytes of content, envelope not included; what the object's length says until it was opened.</param>
/// <param name="LastModified">When the bucket stored it.</param>
/// <param name="Encrypted">Whether the object carries the envelope; null where only its content tells.</param>
public sealed record AttachmentInfo(AttachmentId Id, string Key, long Length, DateTimeOffset LastModified, bool? Encrypted);

/// <summary>One entry of a folder. <paramref name="Info"/> is null when only opening the object tells its length.</summary>
public readonly record struct AttachmentListing(AttachmentId Id, AttachmentInfo? Info);
