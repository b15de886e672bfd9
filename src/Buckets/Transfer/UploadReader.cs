namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>Reads the content of an upload, and refuses a source whose stream is not as long as it announces.</summary>
internal static class UploadReader
{
    /// <summary>The whole content in one array.</summary>
    internal static async Task<byte[]> ReadAllAsync(string key, IUploadSource source, CancellationToken cancellationToken)
    {
        var content = new byte[source.Length];
        var stream = source.OpenRead();
        await using (stream.ConfigureAwait(false))
        {
            var read = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (read < content.Length || await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0)
                throw WrongLength(key, source);
        }
        return content;
    }

    /// <summary>The error for a source that breaks its promise; not transient, because our own code is at fault.</summary>
    internal static BucketException WrongLength(string key, IUploadSource source) =>
        new(BucketErrorKind.InvalidRequest, $"put {key}: the content is not the announced {source.Length} bytes long");
}
