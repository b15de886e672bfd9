namespace OrthancCloudFs.Buckets;

/// <summary>
/// One container of immutable objects at a provider. Every method is one attempt, or one whole retried operation when the bucket is
/// wrapped in <see cref="RetryingBucket"/>. Failures are <see cref="BucketException"/>s whose kind says what happened.
/// </summary>
public interface IBucket : IAsyncDisposable
{
    /// <summary>What a person calls this bucket, e.g. <c>s3://images at http://127.0.0.1:9000</c>; never a secret.</summary>
    string Description { get; }

    /// <summary>Length and times of one object; null only when the provider authoritatively says that it does not exist.</summary>
    Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Streams one whole object, or one range of it, into <paramref name="target"/>; false only when the provider authoritatively
    /// says that it does not exist. Returns true only after every byte announced by the provider was delivered.
    /// </summary>
    /// <exception cref="BucketException">Anything else, including a body that ends early (<see cref="BucketErrorKind.Truncated"/>).</exception>
    Task<bool> GetAsync(string key, ByteRange? range, IDownloadTarget target, CancellationToken cancellationToken);

    /// <summary>Stores one whole object with a checksum that the provider verifies. Returns only after the provider confirmed it.</summary>
    /// <exception cref="BucketException">
    /// <see cref="BucketErrorKind.AlreadyExists"/> when <see cref="PutOptions.IfAbsent"/> is set and the object exists.
    /// </exception>
    Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes one object. Succeeds when the object did not exist (deletes are idempotent).</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// One page of the keys that start with <paramref name="prefix"/>, in ordinal order, after <paramref name="startAfter"/> (exclusive).
    /// With a <paramref name="delimiter"/>, keys that contain it after the prefix are folded into <see cref="ListPage.CommonPrefixes"/>.
    /// </summary>
    Task<ListPage> ListAsync(string prefix, char? delimiter, string? startAfter, int maxKeys, CancellationToken cancellationToken);
}

/// <summary>Bytes <c>[Offset, Offset + Length)</c> of an object.</summary>
public readonly record struct ByteRange(long Offset, long Length);

/// <summary>What a provider says of one object. <paramref name="Length"/> in bytes, of the stored object (envelope included).</summary>
public sealed record ObjectInfo(string Key, long Length, DateTimeOffset LastModified, string? ETag);

/// <summary>One page of a listing; <paramref name="NextStartAfter"/> is null on the last page.</summary>
public sealed record ListPage(IReadOnlyList<ObjectInfo> Objects, IReadOnlyList<string> CommonPrefixes, string? NextStartAfter);

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
