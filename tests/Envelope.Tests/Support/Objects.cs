using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Envelope.Tests.Support;

/// <summary>Whole objects as one array, on top of the segmented interface.</summary>
internal static class Objects
{
    public static byte[] KeyBytes(byte fill) => [.. Enumerable.Range(0, CipherSizes.Key).Select(i => (byte)((i * 7) + fill))];

    public static MasterKeyRing Ring(uint id = 1) => new(new MasterKey(id, KeyBytes((byte)id)), []);

    public static byte[] RandomBytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Copies into segments cut at the given lengths, the last one taking the rest.</summary>
    public static List<Memory<byte>> Split(ReadOnlySpan<byte> content, params IEnumerable<int> lengths)
    {
        var segments = new List<Memory<byte>>();
        foreach (int length in lengths)
        {
            int count = Math.Min(length, content.Length);
            segments.Add(content[..count].ToArray());
            content = content[count..];
        }

        if (content.Length > 0)
            segments.Add(content.ToArray());
        return segments;
    }

    public static byte[] Join(IEnumerable<Memory<byte>> segments) => [.. segments.SelectMany(segment => segment.ToArray())];

    public static byte[] Seal(IEnvelope envelope, ReadOnlySpan<byte> content, params IEnumerable<int> lengths)
    {
        List<Memory<byte>> segments = Split(content, lengths);
        byte[] header = new byte[envelope.HeaderLength];
        byte[] trailer = new byte[envelope.TrailerLength];
        envelope.Seal(segments, header, trailer);
        return [.. header, .. Join(segments), .. trailer];
    }

    /// <summary>Opens as the store does: length first. On failure <paramref name="content"/> is what was left in memory.</summary>
    public static EnvelopeException? TryOpen(IEnvelope envelope, ReadOnlySpan<byte> stored, out byte[] content, params IEnumerable<int> lengths)
    {
        List<Memory<byte>> segments = [];
        try
        {
            int length = (int)envelope.ContentLength(stored.Length);
            segments = Split(stored.Slice(envelope.HeaderLength, length), lengths);
            envelope.Open(stored[..envelope.HeaderLength], segments, stored[(envelope.HeaderLength + length)..]);
            return null;
        }
        catch (EnvelopeException error)
        {
            return error;
        }
        finally
        {
            content = Join(segments);
        }
    }

    public static byte[] Open(IEnvelope envelope, ReadOnlySpan<byte> stored, params IEnumerable<int> lengths)
        => TryOpen(envelope, stored, out byte[] content, lengths) is { } error ? throw error : content;
}
