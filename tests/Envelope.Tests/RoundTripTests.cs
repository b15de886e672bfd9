using CsCheck;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests;

public sealed class RoundTripTests
{
    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Edge_sizes_survive_random_splits(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        var random = new Random(20);
        foreach (int size in new[] { 0, 1, 15, 16, 17, 4095, 4096, 4097, 65535, 65536, 65537, (1 << 20) + 3 })
        {
            byte[] content = Objects.RandomBytes(size, size);
            for (int repeat = 0; repeat < 4; repeat++)
            {
                byte[] stored = Objects.Seal(envelope, content, RandomCuts(random, size));
                Assert.Equal(size + 86, stored.Length);
                Assert.Equal(content, Objects.Open(envelope, stored, RandomCuts(random, size)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Any_content_in_any_pieces_opens_with_the_other_back_end(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var sealer = new A1Envelope(ring, Backends.Get(backend));
        ICipherBackend openSsl = Backends.RequireOpenSsl();
        var opener = new A1Envelope(ring, ReferenceEquals(Backends.Get(backend), openSsl) ? Backends.BouncyCastle : openSsl);
        Gen.Select(Gen.Byte.Array[0, 600], Gen.Int[0, 50].Array[0, 30], Gen.Int[0, 50].Array[0, 30])
            .Sample((content, cuts, otherCuts) =>
                Objects.Open(opener, Objects.Seal(sealer, content, cuts), otherCuts).AsSpan().SequenceEqual(content), iter: 2000, threads: 1);
    }

    [Fact]
    public void Both_back_ends_put_out_the_same_bytes()
    {
        using MasterKeyRing ring = Objects.Ring();
        foreach (int size in new[] { 0, 1, 16, 31, 32, 33, 100_000 })
        {
            byte[] content = Objects.RandomBytes(size, size);
            byte[] openSsl = Objects.Seal(new A1Envelope(ring, Backends.RequireOpenSsl(), new Random(size).NextBytes), content, 7, 100);
            byte[] bouncyCastle = Objects.Seal(new A1Envelope(ring, Backends.BouncyCastle, new Random(size).NextBytes), content, 90);
            Assert.Equal(openSsl, bouncyCastle);
        }
    }

    [Fact]
    public void Every_object_has_its_own_key_and_iv()
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Any);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 100; i++)
        {
            byte[] stored = Objects.Seal(envelope, [1, 2, 3]);
            Assert.True(seen.Add(Convert.ToHexString(stored.AsSpan(6, 32))));
            Assert.True(seen.Add(Convert.ToHexString(stored.AsSpan(38, 32))));
        }
    }

    [Fact]
    public void Objects_of_previous_master_keys_open_and_new_ones_take_the_current()
    {
        byte[] stored;
        using (MasterKeyRing old = Objects.Ring(7))
            stored = Objects.Seal(new A1Envelope(old, Backends.Any), [1, 2, 3]);

        using var ring = new MasterKeyRing(new MasterKey(8, Objects.KeyBytes(8)), [new MasterKey(7, Objects.KeyBytes(7))]);
        var envelope = new A1Envelope(ring, Backends.Any);
        Assert.Equal([1, 2, 3], Objects.Open(envelope, stored));
        Assert.Equal("A1\u0008\0\0\0"u8, Objects.Seal(envelope, [1]).AsSpan(0, 6));
    }

    [Fact]
    public void Without_an_envelope_the_object_is_the_content()
    {
        var envelope = new PlainEnvelope();
        Assert.Equal([1, 2, 3], Objects.Seal(envelope, [1, 2, 3], 1));
        Assert.Equal([1, 2, 3], Objects.Open(envelope, [1, 2, 3], 1));
    }

    private static List<int> RandomCuts(Random random, int size)
        => [.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next((size / 6) + 40))];
}
