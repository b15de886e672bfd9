using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests;

/// <summary>Whatever is not exactly what was sealed is refused, and leaves nothing in memory.</summary>
public sealed class TamperingTests
{
    private const int ContentLength = 61;

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Every_flipped_bit_is_refused(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        byte[] stored = Objects.Seal(envelope, Objects.RandomBytes(ContentLength, 1));
        for (int bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            string reason = bit switch
            {
                < 16 => "unknown version 0x",
                < 48 => "unknown master key id ",
                _ => "authentication failed with master key id 1",
            };
            AssertRefused(envelope, stored, reason);
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.Equal(ContentLength, Objects.Open(envelope, stored).Length);
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Every_truncation_and_extension_is_refused(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        byte[] stored = Objects.Seal(envelope, Objects.RandomBytes(ContentLength, 1));
        for (int length = 0; length < stored.Length; length++)
        {
            string reason = length < 86
                ? $"too short for an A1 object: {length} bytes, at least 86 are needed"
                : "authentication failed with master key id 1";
            AssertRefused(envelope, stored.AsSpan(0, length), reason);
        }

        for (int extra = 1; extra <= 40; extra++)
            AssertRefused(envelope, [.. stored, .. new byte[extra]], "authentication failed with master key id 1");
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void A_wrong_key_under_the_right_id_is_refused(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        byte[] stored = Objects.Seal(new A1Envelope(ring, Backends.Get(backend)), Objects.RandomBytes(ContentLength, 1));
        using var other = new MasterKeyRing(new MasterKey(1, Objects.KeyBytes(99)), []);
        AssertRefused(new A1Envelope(other, Backends.Get(backend)), stored, "authentication failed with master key id 1");
    }

    [Fact]
    public void Reasons_name_the_version_bytes_and_the_key_id()
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Any);
        byte[] stored = Objects.Seal(envelope, [1]);
        stored[5] = 0x80;
        AssertRefused(envelope, stored, "unknown master key id 2147483649");
        stored[1] = 0xFE;
        AssertRefused(envelope, stored, "unknown version 0x41 0xFE, not an A1 object");
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Random_bytes_never_open_and_never_crash(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        var random = new Random(4711);
        int[] refusals = new int[4];
        for (int round = 0; round < 100_000; round++)
        {
            byte[] stored = new byte[random.Next(160)];
            random.NextBytes(stored);

            // Let a share of the inputs get past the first and the second gate.
            if (stored.Length >= 6 && round % 2 == 0)
                "A1"u8.CopyTo(stored);
            if (stored.Length >= 6 && round % 4 == 0)
                "\u0001\0\0\0"u8.CopyTo(stored.AsSpan(2));

            EnvelopeException? error = Objects.TryOpen(envelope, stored, out byte[] left, random.Next(100));
            Assert.NotNull(error);
            Assert.DoesNotContain(left, value => value != 0);
            refusals[Array.FindIndex(["too short", "unknown version", "unknown master", "authentication"], error.Message.StartsWith)]++;
        }

        Assert.All(refusals, count => Assert.InRange(count, 1000, 100_000));
    }

    [Fact]
    public void Content_is_cleared_when_sealing_fails()
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Any, _ => throw new IOException("no randomness"));
        byte[] content = [1, 2, 3];
        Assert.Throws<IOException>(() => envelope.Seal([content], new byte[70], new byte[16]));
        Assert.Equal(new byte[3], content);
    }

    [Fact]
    public void Content_is_cleared_when_the_keys_are_gone()
    {
        MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Any);
        ring.Dispose();
        byte[] content = [1, 2, 3];
        Assert.Throws<ObjectDisposedException>(() => envelope.Seal([content], new byte[70], new byte[16]));
        Assert.Equal(new byte[3], content);
    }

    private static void AssertRefused(A1Envelope envelope, ReadOnlySpan<byte> stored, string reason)
    {
        EnvelopeException? error = Objects.TryOpen(envelope, stored, out byte[] left, 13, 20);
        Assert.NotNull(error);
        Assert.StartsWith(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(left, value => value != 0);
    }
}
