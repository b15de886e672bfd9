using System.Security.Cryptography;
using System.Text.Json;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests;

/// <summary>Objects that the plugins' own code wrote.</summary>
public sealed class KnownAnswerTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "vectors");

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record Vector(string Name, uint KeyId, string KeyFile, string PlainSha256, string EncSha256, int PlainSize);

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Objects_of_the_plugins_decrypt(string backend)
    {
        Vector[] vectors = JsonSerializer.Deserialize<Vector[]>(File.ReadAllBytes(Path.Combine(Folder, "manifest.json")), Json)!;
        Assert.Equal(16, vectors.Length);
        using var ring = new MasterKeyRing(Load(1), [Load(3)]);
        var envelope = new A1Envelope(ring, Backends.Get(backend));

        foreach (Vector vector in vectors)
        {
            byte[] stored = File.ReadAllBytes(Path.Combine(Folder, vector.Name + ".enc"));
            Assert.Equal(vector.EncSha256, Convert.ToHexStringLower(SHA256.HashData(stored)));

            foreach (int cut in new[] { 0, 1, 15, 16, 17, 31, 33, 5000 })
            {
                byte[] content = Objects.Open(envelope, stored, cut, cut);
                Assert.Equal(vector.PlainSize, content.Length);
                Assert.Equal(vector.PlainSha256, Convert.ToHexStringLower(SHA256.HashData(content)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void With_the_same_key_and_iv_the_same_object_comes_out(string backend)
    {
        using var ring = new MasterKeyRing(Load(3), []);
        byte[] stored = File.ReadAllBytes(Path.Combine(Folder, "k3_s65537.enc"));
        byte[] plain = File.ReadAllBytes(Path.Combine(Folder, "k3_s65537.plain"));

        // Unwrap IV and data key as the format says, then hand them out as the "random" bytes.
        byte[] secrets = stored[6..70];
        using (SecretBuffer.Lease lease = ring.Current.Borrow())
        {
            Backends.Any.TransformCtr(lease.Bytes, new byte[16], secrets.AsSpan(0, 32));
            Backends.Any.TransformCtr(lease.Bytes, new byte[16], secrets.AsSpan(32, 32));
        }

        int given = 0;
        var envelope = new A1Envelope(ring, Backends.Get(backend), destination =>
        {
            secrets.AsSpan(given, destination.Length).CopyTo(destination);
            given += destination.Length;
        });
        Assert.Equal(stored, Objects.Seal(envelope, plain, 3, 4096, 1, 40000));
    }

    /// <summary>By way of a copy in the user's own folder: where the program lies, others may read.</summary>
    private static MasterKey Load(uint id)
    {
        string copy = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(copy, File.ReadAllBytes(Path.Combine(Folder, "keys", $"{id}.key")));
            return MasterKeyFile.Load(id, copy).Key;
        }
        finally
        {
            File.Delete(copy);
        }
    }
}
