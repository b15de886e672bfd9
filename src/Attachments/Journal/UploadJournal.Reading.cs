using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>Reading what is not in the bucket yet.</summary>
public sealed partial class UploadJournal
{
    private const string VersionPrefix = "journal-";

    /// <summary>True for the ETags that <see cref="TryGetAsync"/> gives.</summary>
    internal static bool IsVersionOf(string? etag) => etag?.StartsWith(VersionPrefix, StringComparison.Ordinal) == true;

    /// <summary>Delivers an object as <see cref="IBucket.GetAsync"/> does; false when it is not, or no longer, in here.</summary>
    internal async Task<bool> TryGetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        if (FindByKey(key) is not { } upload)
            return false;
        string etag = VersionPrefix + upload.Number;
        if (options.IfETag is { } wanted && wanted != etag)
            throw new BucketException(BucketErrorKind.Changed, $"get {key}: the object is another one than was opened");
        FileStream file;
        try
        {
            file = ObjectFile.OpenRead(PathOf(upload));
        }
        catch (IOException e)
        {
            // Uploaded in this moment, or damaged.
            return FindByKey(key) is null
                ? false
                : throw new BucketException(BucketErrorKind.ProviderFailure, $"get {key}: the journal does not have it: {e.Message}", e);
        }

        (long offset, long length) = options.Range is { } range
            ? (range.Offset, Math.Clamp(upload.Length - range.Offset, 0, range.Length))
            : (0, upload.Length);
        var body = new FileRange(file, offset, length);
        await using (body.ConfigureAwait(false))
        {
            await target.BeginAsync(new ObjectInfo(key, upload.Length, upload.Since, etag), length, cancellationToken).ConfigureAwait(false);
            if (await DownloadWriter.CopyAsync(body, target, length, cancellationToken).ConfigureAwait(false) < length)
                throw new BucketException(BucketErrorKind.Truncated, $"get {key}: {file.Name} is shorter than what was acknowledged");
        }

        return true;
    }

    private PendingUpload? FindByKey(string key)
    {
        lock (_lock)
            return _byKey.GetValueOrDefault(key)?.Upload;
    }
}
