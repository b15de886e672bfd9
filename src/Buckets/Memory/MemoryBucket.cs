namespace OrthancCloudFs.Buckets.Memory;

/// <summary>A bucket in this process's memory, for tests and for measuring everything but the bucket.</summary>
public sealed class MemoryBucket : IBucket
{
    private readonly Lock _lock = new();
    private readonly SortedList<string, (byte[] Content, DateTimeOffset Modified)> _objects = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Description => "memory";

    /// <summary>The keys now, in ordinal order.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock)
                return [.. _objects.Keys];
        }
    }

    /// <summary>The stored bytes of one object, or null.</summary>
    public byte[]? Find(string key)
    {
        lock (_lock)
            return _objects.TryGetValue(key, out (byte[] Content, DateTimeOffset Modified) found) ? found.Content : null;
    }

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult(_objects.TryGetValue(key, out (byte[] Content, DateTimeOffset Modified) found) ? Info(key, found) : null);
    }

    /// <inheritdoc/>
    public async Task<bool> GetAsync(string key, ByteRange? range, IDownloadTarget target, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (byte[] Content, DateTimeOffset Modified) found;
        lock (_lock)
        {
            if (!_objects.TryGetValue(key, out found))
                return false;
        }

        Memory<byte> rest = found.Content;
        if (range is { } part)
        {
            int start = (int)Math.Min(part.Offset, rest.Length);
            rest = rest.Slice(start, (int)Math.Min(part.Length, rest.Length - start));
        }

        await target.BeginAsync(Info(key, found), rest.Length, cancellationToken).ConfigureAwait(false);
        while (!rest.IsEmpty)
        {
            Memory<byte> buffer = target.GetBuffer();
            int count = Math.Min(buffer.Length, rest.Length);
            rest[..count].CopyTo(buffer);
            target.Advance(count);
            rest = rest[count..];
        }

        return true;
    }

    /// <inheritdoc/>
    public Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        byte[] content = new byte[source.Length];
        using (Stream stream = source.OpenRead())
            stream.ReadExactly(content);
        lock (_lock)
        {
            if (options.IfAbsent && _objects.ContainsKey(key))
                throw new BucketException(BucketErrorKind.AlreadyExists, $"put {key}: it exists");
            _objects[key] = (content, DateTimeOffset.UtcNow);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            _objects.Remove(key);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? startAfter, int maxKeys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var objects = new List<ObjectInfo>();
        var prefixes = new List<string>();
        string? last = null;
        lock (_lock)
        {
            foreach ((string key, (byte[] Content, DateTimeOffset Modified) found) in _objects)
            {
                if (!key.StartsWith(prefix, StringComparison.Ordinal))
                    continue;
                int cut = delimiter is { } d ? key.IndexOf(d, prefix.Length) : -1;
                string name = cut < 0 ? key : key[..(cut + 1)];
                if ((startAfter is not null && string.CompareOrdinal(name, startAfter) <= 0) || name == last)
                    continue;
                if (objects.Count + prefixes.Count == maxKeys)
                    return Task.FromResult(new ListPage(objects, prefixes, last));
                last = name;
                if (cut < 0)
                    objects.Add(Info(key, found));
                else
                    prefixes.Add(name);
            }
        }

        return Task.FromResult(new ListPage(objects, prefixes, null));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ObjectInfo Info(string key, (byte[] Content, DateTimeOffset Modified) found) =>
        new(key, found.Content.Length, found.Modified, null);
}
