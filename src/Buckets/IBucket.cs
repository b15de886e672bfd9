namespace OrthancCloudFs.Buckets;

/// <summary>
/// One container of immutable objects at a provider. Every method is one attempt, or one whole retried operation when the bucket is
/// wrapped in <see cref="RetryingBucket"/>. Failures are <see cref="BucketException"/>s whose kind says what happened.
/// </summary>
public interface IBucket : IAsyncDisposable
{
    /// <summary>What a person calls this bucket, e.g. <c>s3://images at http://127.0.0.1:9000</c>; never a secret.</summary>
    string Description { get; }

    /// <summary>What an upload in parts must keep to here.</summary>
    PartLimits PartLimits { get; }

    /// <summary>The most keys of one <see cref="DeleteManyAsync"/> that is one request; 1 where the provider has no such request.</summary>
    int MaxKeysPerDelete { get; }

    /// <summary>Length and times of one object; null only when the provider authoritatively says that it does not exist.</summary>
    Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Streams one whole object, or one range of it, into <paramref name="target"/>; false only when the provider authoritatively
    /// says that it does not exist. Returns true only after every byte announced by the provider was delivered.
    /// </summary>
    /// <exception cref="BucketException">
    /// Anything else, including a body that ends early (<see cref="BucketErrorKind.Truncated"/>), and another version than the one that
    /// <see cref="GetOptions.IfETag"/> names (<see cref="BucketErrorKind.Changed"/>).
    /// </exception>
    Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken);

    /// <summary>Stores one whole object with a checksum that the provider verifies. Returns only after the provider confirmed it.</summary>
    /// <exception cref="BucketException">
    /// <see cref="BucketErrorKind.AlreadyExists"/> when <see cref="PutOptions.IfAbsent"/> is set and the object exists.
    /// </exception>
    Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an object whose content is put in parts, while it still arrives. Nothing of it is to be seen before it is completed; until
    /// then the parts take space in the bucket, so every upload must be completed or aborted.
    /// </summary>
    /// <returns>The provider's name of the upload, a line of text that can be kept on disk; it grants no access by itself, or is short-lived.</returns>
    Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken);

    /// <summary>
    /// Stores one part with a checksum that the provider verifies. Parts may be put side by side and in any order, unless
    /// <see cref="PartLimits.InOrder"/>; the same part again after a failure is the same part.
    /// </summary>
    Task<UploadedPart> PutPartAsync(string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken);

    /// <summary>Makes the object of its parts. Returns only after the provider confirmed the whole object.</summary>
    /// <param name="key">The object.</param>
    /// <param name="uploadId">From <see cref="BeginUploadAsync"/>.</param>
    /// <param name="parts">All of them, in the order of their numbers; the last one was put with <see cref="PartPlace.IsLast"/>.</param>
    /// <param name="options">The same as at the beginning.</param>
    /// <param name="cancellationToken">Leaves open whether the object exists.</param>
    /// <exception cref="BucketException">
    /// <see cref="BucketErrorKind.AlreadyExists"/> when <see cref="PutOptions.IfAbsent"/> is set and the object exists.
    /// </exception>
    Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken);

    /// <summary>Drops an upload with all its parts. Succeeds when there is none any more; an object that was completed stays.</summary>
    Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken);

    /// <summary>
    /// Copies one version of an object within the bucket, and replaces what has the new key; its bytes do not come here where the provider
    /// has a request for that. False when the provider authoritatively says that there is no such object any more.
    /// </summary>
    /// <exception cref="BucketException">
    /// <see cref="BucketErrorKind.Changed"/> when the object is another version than <paramref name="source"/> says.
    /// </exception>
    Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken);

    /// <summary>Deletes one object. Succeeds when the object did not exist (deletes are idempotent).</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes several objects, at most <see cref="MaxKeysPerDelete"/>; a bucket that has no request for that deletes any number of them, one
    /// after the other. Nobody knows which of them are deleted when the whole fails: all may be deleted again.
    /// </summary>
    /// <returns>For each key, in order: null when it is deleted or was not there, otherwise why not.</returns>
    Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>
    /// One page of at most <paramref name="maxKeys"/> (1 to 1000) of the keys that start with <paramref name="prefix"/>, in the order of
    /// <see cref="ObjectKeyComparer"/>. With a <paramref name="delimiter"/>, keys that contain it after the prefix are folded into
    /// <see cref="ListPage.CommonPrefixes"/>. <paramref name="pageToken"/> is null for the first page, then what the page before said.
    /// </summary>
    Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken);
}

/// <summary>Bytes <c>[Offset, Offset + Length)</c> of an object.</summary>
public readonly record struct ByteRange(long Offset, long Length);

/// <summary>What to read of an object: all of it, or a range; any version, or only the one whose <see cref="ObjectInfo.ETag"/> this is.</summary>
public readonly record struct GetOptions(ByteRange? Range = null, string? IfETag = null);

/// <summary>What a provider says of one object.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Length">In bytes, of the stored object (envelope included).</param>
/// <param name="LastModified">When it was stored.</param>
/// <param name="ETag">What tells this version of the object from every other one; opaque.</param>
public sealed record ObjectInfo(string Key, long Length, DateTimeOffset LastModified, string? ETag);

/// <summary>What an upload in parts must keep to.</summary>
/// <param name="MinimumBytes">Of every part but the last.</param>
/// <param name="MaximumBytes">Of every part.</param>
/// <param name="MaximumCount">Of parts in one upload.</param>
/// <param name="GranularityBytes">Every part but the last is a multiple of this.</param>
/// <param name="InOrder">One part after the other.</param>
public sealed record PartLimits(long MinimumBytes, long MaximumBytes, int MaximumCount, long GranularityBytes = 1, bool InOrder = false);

/// <summary>Which part of an upload.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Offset">Of its first byte in the object: the lengths of all parts before it.</param>
/// <param name="IsLast">No other follows. It is put only when the object shall exist: a provider may make the object visible with it.</param>
public readonly record struct PartPlace(int Number, long Offset, bool IsLast);

/// <summary>A part that the provider confirmed; <paramref name="Tag"/> is the provider's own, for the completion.</summary>
public sealed record UploadedPart(int Number, long Length, string Tag);

/// <summary>
/// One page of a listing. <paramref name="NextPageToken"/> is opaque, good for the same listing only, and null on the last page; a page
/// that has one may be short, or even empty.
/// </summary>
public sealed record ListPage(IReadOnlyList<ObjectInfo> Objects, IReadOnlyList<string> CommonPrefixes, string? NextPageToken);

/// <summary>How to store an object: only when there is none of that key, and with which content type.</summary>
public sealed record PutOptions(bool IfAbsent = false, string ContentType = "application/octet-stream");

/// <summary>
/// Receives one download. A retried download calls <see cref="BeginAsync"/> again and starts from the first byte. What a target throws
/// ends the download and reaches the caller as it is. A connection is held meanwhile, so a target must not wait for what only another
/// operation of the bucket can free.
/// </summary>
public interface IDownloadTarget
{
    /// <summary>The provider answered; <paramref name="length"/> bytes of body follow (of the range, where one was asked for).</summary>
    ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken);

    /// <summary>Where the next bytes go; never empty while bytes are missing.</summary>
    Memory<byte> GetBuffer();

    /// <summary>So many bytes were written into the last buffer.</summary>
    void Advance(int count);
}

/// <summary>The bytes of one upload, readable again from the start for each attempt.</summary>
public interface IUploadSource
{
    /// <summary>In bytes.</summary>
    long Length { get; }

    /// <summary>A readable, seekable stream over the whole content; several may be open one after the other.</summary>
    Stream OpenRead();
}
