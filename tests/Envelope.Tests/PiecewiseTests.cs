using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests;

/// <summary>Objects that are never whole in memory: sealed while they arrive, authenticated piece by piece, opened at any place.</summary>
public sealed class PiecewiseTests
{
    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void What_is_sealed_in_pieces_is_an_ordinary_object(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        byte[] plain = Objects.RandomBytes(100_003, 1);
        byte[] header = new byte[envelope.HeaderLength];
        byte[] content = [.. plain];
        byte[] trailer = new byte[envelope.TrailerLength];
        using (ISealing sealing = envelope.StartSealing(header))
        {
            foreach (Range piece in Pieces(content.Length, 4))
                sealing.Seal(content.AsSpan(piece));
            sealing.Finish(trailer);
        }

        Assert.Equal(plain, Objects.Open(envelope, [.. header, .. content, .. trailer]));
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void An_authenticated_object_opens_at_any_place(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        byte[] plain = Objects.RandomBytes(100_003, 1);
        byte[] stored = Objects.Seal(envelope, plain);
        using IPiecewiseOpening opening = Authenticate(envelope, stored);
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            int offset = random.Next(plain.Length / 16) * 16;
            int length = Math.Min(random.Next(5000), plain.Length - offset);
            byte[] piece = stored.AsSpan(envelope.HeaderLength + offset, length).ToArray();
            opening.OpenAt(offset, piece);
            Assert.True(plain.AsSpan(offset, length).SequenceEqual(piece));
        }
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void The_counter_begins_again_behind_its_last_number(string backend)
    {
        // Of GCM's counter blocks only the last 32 bits count: an IV whose first number lies just before the end.
        byte[] key = Objects.KeyBytes(1);
        byte[] hashKey = new byte[16];
        Backends.Any.TransformCtr(key, new byte[16], hashKey);
        var random = new Random(2);
        byte[] iv = new byte[32];
        byte[] first = new byte[16];
        do
        {
            random.NextBytes(iv);
            GcmCounter.Derive(hashKey, iv, first);
        }
        while (first[12] != 0xFF || first[13] != 0xFF);

        byte[] plain = Objects.RandomBytes(2 << 20, 3);
        byte[] stored = [.. plain];
        using (IGcmEncryptor encryptor = Backends.Get(backend).StartEncryption(key, iv, []))
            encryptor.Transform(stored);

        GcmCounter.Transform(Backends.Get(backend), key, first, 0, stored);

        Assert.True(plain.AsSpan().SequenceEqual(stored));
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Nothing_opens_that_was_not_authenticated(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        byte[] stored = Objects.Seal(envelope, Objects.RandomBytes(1000, 1));
        using IPiecewiseOpening early = envelope.StartOpening(stored.AsSpan(0, envelope.HeaderLength));
        Assert.Throws<InvalidOperationException>(() => early.OpenAt(0, new byte[16]));

        stored[500] ^= 1;
        EnvelopeException refused = Assert.Throws<EnvelopeException>(() => Authenticate(envelope, stored));

        Assert.Equal("authentication failed with master key id 1", refused.Message);
    }

    private static IPiecewiseOpening Authenticate(A1Envelope envelope, byte[] stored)
    {
        IPiecewiseOpening opening = envelope.StartOpening(stored.AsSpan(0, envelope.HeaderLength));
        byte[] content = stored[envelope.HeaderLength..^envelope.TrailerLength];
        foreach (Range piece in Pieces(content.Length, 6))
            opening.Authenticate(content.AsSpan(piece));
        opening.Finish(stored.AsSpan(stored.Length - envelope.TrailerLength));
        return opening;
    }

    private static IEnumerable<Range> Pieces(int length, int seed)
    {
        var random = new Random(seed);
        for (int start = 0; start < length;)
        {
            int end = Math.Min(length, start + random.Next(20_000));
            yield return start..end;
            start = end;
        }
    }
}
