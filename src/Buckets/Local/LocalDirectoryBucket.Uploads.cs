namespace OrthancCloudFs.Buckets.Local;

/// <summary>
/// Uploads in parts: one temporary file, each part written at its place. The name of an upload is that file's, so that it is worth nothing
/// after a restart, which removes the file.
/// </summary>
public sealed partial class LocalDirectoryBucket
{
    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync($"begin the upload of {key}", () => BeginUpload(key), cancellationToken);

    /// <inheritdoc/>
    public Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken) =>
        RunAsync($"put part {place.Number} of {key}", () => PutPartToFileAsync(key, uploadId, place, source, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync($"complete the upload of {key}", () => Complete(key, uploadId, parts.Sum(part => part.Length), options), cancellationToken);

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        RunAsync($"abort the upload of {key}", () => Abort(uploadId), cancellationToken);

    private string BeginUpload(string key)
    {
        _ = LocalKeys.PathOf(_root, key);
        CheckDirectory();
        var path = _staging.NextPath();
        new FileStream(path, NewFile()).Dispose();
        return Path.GetFileName(path);
    }

    private async Task<UploadedPart> PutPartToFileAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        var file = OpenUpload(key, uploadId);
        await using (file.ConfigureAwait(false))
        {
            file.Position = place.Offset;
            await CopyAsync(key, source, file, cancellationToken).ConfigureAwait(false);
        }
        return new UploadedPart(place.Number, source.Length, $"{place.Offset}");
    }

    private bool Complete(string key, string uploadId, long length, PutOptions options)
    {
        CheckDirectory();
        using (var file = OpenUpload(key, uploadId))
        {
            if (file.Length != length)
                throw new BucketException(BucketErrorKind.InvalidRequest, $"complete the upload of {key}: {file.Length} bytes were put, of {length}");
            DirectorySync.FlushFile(file.SafeFileHandle, file.Name);
        }
        Place(key, _staging.PathOf(uploadId), LocalKeys.PathOf(_root, key), options);
        return true;
    }

    private bool Abort(string uploadId)
    {
        File.Delete(_staging.PathOf(uploadId));
        return true;
    }

    private FileStream OpenUpload(string key, string uploadId)
    {
        // Parts are written side by side, and an upload may be aborted meanwhile.
        var share = FileShare.ReadWrite | FileShare.Delete;
        var options = new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = share, BufferSize = 0 };
        try
        {
            return new FileStream(_staging.PathOf(uploadId), options);
        }
        catch (FileNotFoundException failure)
        {
            throw new BucketException(BucketErrorKind.NoSuchUpload, $"upload of {key}: there is none of that name", failure);
        }
    }
}
