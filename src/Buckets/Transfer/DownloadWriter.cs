namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>Moves bytes into an <see cref="IDownloadTarget"/>.</summary>
public static class DownloadWriter
{
    /// <summary>Refuses another version than the one that was asked for; for buckets that can look before they deliver or copy.</summary>
    /// <exception cref="BucketException"><see cref="BucketErrorKind.Changed"/>.</exception>
    internal static void RequireVersion(ObjectInfo found, GetOptions options)
    {
        if (options.IfETag is { } wanted && wanted != found.ETag)
            throw new BucketException(BucketErrorKind.Changed, $"{found.Key} is another version than {wanted}");
    }

    /// <summary>Copies all of <paramref name="content"/>.</summary>
    internal static void Write(IDownloadTarget target, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            var buffer = target.GetBuffer().Span;
            var count = Math.Min(buffer.Length, content.Length);
            if (count == 0)
                throw new InvalidOperationException("The download target gave an empty buffer while bytes are missing.");
            content[..count].CopyTo(buffer);
            target.Advance(count);
            content = content[count..];
        }
    }

    /// <summary>Reads up to <paramref name="length"/> bytes directly into the target's buffers; returns how many there were.</summary>
    public static async Task<long> CopyAsync(Stream body, IDownloadTarget target, long length, CancellationToken cancellationToken)
    {
        var done = 0L;
        while (done < length)
        {
            var buffer = target.GetBuffer();
            if (buffer.IsEmpty)
                throw new InvalidOperationException("The download target gave an empty buffer while bytes are missing.");
            if (buffer.Length > length - done)
                buffer = buffer[..(int)(length - done)];
            var read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            target.Advance(read);
            done += read;
        }
        return done;
    }
}
