using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit.Google;

/// <summary>One version of an object of the fake.</summary>
public sealed record GoogleObject(string Name, byte[] Content, string ContentType, long Generation, DateTimeOffset Updated)
{
    /// <summary>As Google writes it: base64, highest byte first.</summary>
    public string Crc32C { get; } = Checksum(Content);

    /// <summary>As Google writes it.</summary>
    public string Md5 { get; } = Convert.ToBase64String(MD5.HashData(Content));

    internal JsonObject ToJson() => new()
    {
        ["kind"] = "storage#object",
        ["name"] = Name,
        ["size"] = $"{Content.Length}",
        ["contentType"] = ContentType,
        ["generation"] = $"{Generation}",
        ["updated"] = Updated.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
        ["crc32c"] = Crc32C,
        ["md5Hash"] = Md5,
        ["storageClass"] = "STANDARD",
    };

    /// <summary>CRC-32C bit by bit, so that it owes nothing to the program's own.</summary>
    internal static string Checksum(ReadOnlySpan<byte> content)
    {
        var register = uint.MaxValue;
        foreach (var value in content)
            register = Table[(byte)(register ^ value)] ^ (register >> 8);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ~register);
        return Convert.ToBase64String(bytes);
    }

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        var entry = (uint)i;
        for (var bit = 0; bit < 8; bit++)
            entry = (entry & 1) != 0 ? (entry >> 1) ^ 0x82F63B78 : entry >> 1;
        return entry;
    })];
}

/// <summary>The buckets of the fake, their objects, and the uploads under way. Thread-safe.</summary>
public sealed class GoogleObjects
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, GoogleObject>> _buckets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GoogleUpload> _uploads = new(StringComparer.Ordinal);
    private long _generation = 1_700_000_000_000_000;

    /// <summary>Uploads in parts to a bucket that are neither finished nor cancelled.</summary>
    public int CountUploads(string bucket)
    {
        lock (_lock)
            return _uploads.Values.Count(upload => upload.Bucket == bucket && upload.Result is null);
    }

    /// <summary>Makes an empty bucket.</summary>
    public void CreateBucket(string name)
    {
        lock (_lock)
            _buckets.Add(name, new SortedDictionary<string, GoogleObject>(ObjectKeyComparer.Instance));
    }

    /// <summary>All objects of a bucket, in order; null when there is no such bucket.</summary>
    public IReadOnlyList<GoogleObject>? List(string bucket)
    {
        lock (_lock)
            return _buckets.TryGetValue(bucket, out var objects) ? [.. objects.Values] : null;
    }

    /// <summary>Null when there is none.</summary>
    public GoogleObject? Find(string bucket, string name)
    {
        lock (_lock)
            return _buckets.GetValueOrDefault(bucket)?.GetValueOrDefault(name);
    }

    /// <summary>Stores a new version if the condition holds; null when it does not.</summary>
    /// <param name="ifGeneration">The version that must be there, 0 for none; null for no condition.</param>
    public GoogleObject? Put(string bucket, string name, byte[] content, string contentType, long? ifGeneration)
    {
        lock (_lock)
        {
            var objects = _buckets[bucket];
            if (ifGeneration is { } wanted && wanted != (objects.GetValueOrDefault(name)?.Generation ?? 0))
                return null;
            return objects[name] = new GoogleObject(name, content, contentType, ++_generation, DateTimeOffset.UtcNow);
        }
    }

    internal bool Delete(string bucket, string name)
    {
        lock (_lock)
            return _buckets[bucket].Remove(name);
    }

    internal string Begin(GoogleUpload upload)
    {
        var id = RandomNumberGenerator.GetHexString(32);
        lock (_lock)
            _uploads.Add(id, upload);
        return id;
    }

    internal GoogleUpload? FindUpload(string id)
    {
        lock (_lock)
            return _uploads.GetValueOrDefault(id);
    }

    internal bool Cancel(string id)
    {
        lock (_lock)
            return _uploads.Remove(id);
    }
}

/// <summary>A resumable upload under way.</summary>
internal sealed class GoogleUpload(string bucket, string name, string contentType, long? ifGeneration)
{
    internal string Bucket { get; } = bucket;

    internal string Name { get; } = name;

    internal string ContentType { get; } = contentType;

    internal long? IfGeneration { get; } = ifGeneration;

    internal MemoryStream Content { get; } = new();

    internal GoogleObject? Result { get; set; }
}
