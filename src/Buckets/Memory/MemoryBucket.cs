using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Memory;

/// <summary>Objects in this process's memory: for tests, and for measuring everything above a bucket without one. Thread-safe.</summary>
public sealed class MemoryBucket : IBucket
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _keys = new(ObjectKeyComparer.Instance);
    private readonly Dictionary<string, Upload> _uploads = new(StringComparer.Ordinal);
    private long _version;

    /// <summary>Creates an empty bucket.</summary>
    /// <param name="name">For <see cref="Description"/> alone.</param>
    public MemoryBucket(string name = "memory") => Description = $"memory://{name}";

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public PartLimits PartLimits { get; } = new(MinimumBytes: 1, MaximumBytes: int.MaxValue, MaximumCount: int.MaxValue);

    /// <summary>How many uploads in parts are neither completed nor aborted.</summary>
    public int Uploads
    {
        get
        {
            lock (_lock)
                return _uploads.Count;
        }
    }

    /// <summary>How many objects there are now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _objects.Count;
        }
    }

    /// <inheritdoc/>
    public int MaxKeysPerDelete { get; init; } = 1;

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Find(key)?.Info);
    }

    /// <inheritdoc/>
    public async Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Find(key) is not { } found)
            return false;
        DownloadWriter.RequireVersion(found.Info, options);
        var (offset, length) = ByteRanges.Resolve(key, options.Range, found.Content.Length);
        await target.BeginAsync(found.Info, length, cancellationToken).ConfigureAwait(false);
        DownloadWriter.Write(target, found.Content.AsSpan((int)offset, (int)length));
        return true;
    }

    /// <inheritdoc/>
    public async Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var content = await UploadReader.ReadAllAsync(key, source, cancellationToken).ConfigureAwait(false);
        lock (_lock)
            Store(key, content, options);
    }

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentException.ThrowIfNullOrEmpty(newKey);
        if (Find(source.Key) is not { } found)
            return Task.FromResult(false);
        DownloadWriter.RequireVersion(found.Info, new GetOptions(null, source.ETag));
        lock (_lock)
            Store(newKey, found.Content, new PutOptions());
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentException.ThrowIfNullOrEmpty(key);
        var id = $"{Interlocked.Increment(ref _version):x}";
        lock (_lock)
            _uploads.Add(id, new Upload(key));
        return Task.FromResult(id);
    }

    /// <inheritdoc/>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        var content = await UploadReader.ReadAllAsync(key, source, cancellationToken).ConfigureAwait(false);
        lock (_lock)
            FindUpload(key, uploadId).Parts[place.Number] = content;
        return new UploadedPart(place.Number, content.Length, $"{place.Number}");
    }

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var upload = FindUpload(key, uploadId);
            Store(key, [.. parts.SelectMany(part => upload.Parts[part.Number])], options);
            _uploads.Remove(uploadId);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            _uploads.Remove(uploadId);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_objects.Remove(key))
                _keys.Remove(key);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        SingleDeletes.DeleteManyAsync(this, keys, cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult(ListingPager.Cut(Walk, prefix, delimiter, pageToken, maxKeys));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Store(string key, byte[] content, PutOptions options)
    {
        var info = new ObjectInfo(key, content.Length, DateTimeOffset.UtcNow, $"\"{Interlocked.Increment(ref _version):x}\"");
        if (_keys.Add(key))
            _objects.Add(key, new StoredObject(info, content));
        else if (options.IfAbsent)
            throw new BucketException(BucketErrorKind.AlreadyExists, $"put {key}: there is an object of that key already");
        else
            _objects[key] = new StoredObject(info, content);
    }

    private Upload FindUpload(string key, string uploadId) => _uploads.TryGetValue(uploadId, out var upload) && upload.Key == key
        ? upload
        : throw new BucketException(BucketErrorKind.NoSuchUpload, $"upload of {key}: there is none of that name");

    private StoredObject? Find(string key)
    {
        lock (_lock)
            return _objects.GetValueOrDefault(key);
    }

    private IEnumerable<ObjectInfo> Walk(string prefix, string after, int limit)
    {
        var from = ObjectKeyComparer.Instance.Compare(after, prefix) > 0 ? after : prefix;
        var to = prefix + ObjectKeyComparer.Last;
        if (ObjectKeyComparer.Instance.Compare(from, to) > 0)
            yield break;
        foreach (var key in _keys.GetViewBetween(from, to))
        {
            // The view includes its ends; the prefix itself may be a key, the start is excluded.
            if (key != after && key.StartsWith(prefix, StringComparison.Ordinal))
                yield return _objects[key].Info;
        }
    }

    /// <summary>The content is never changed once it is stored, so readers need no lock.</summary>
    private sealed record StoredObject(ObjectInfo Info, byte[] Content);

    private sealed record Upload(string Key)
    {
        public Dictionary<int, byte[]> Parts { get; } = [];
    }
}
