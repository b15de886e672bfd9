using System.Buffers.Binary;
using System.Collections;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>The A1 envelope over both cipher libraries, with two known master keys.</summary>
internal sealed class TestEnvelopes : IDisposable
{
    public const int HeaderLength = 70;
    public const int TrailerLength = 16;

    private const int IvOffset = 6;
    private const int IvLength = 32;

    private static readonly byte[] FirstKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] SecondKey = [.. Enumerable.Range(101, 32).Select(i => (byte)i)];

    private readonly OpenSslBackend _openSsl = OpenSslBackend.TryCreate() ?? throw new InvalidOperationException("libcrypto is missing");
    private readonly MasterKeyRing _keys = new(new MasterKey(1, FirstKey), [new MasterKey(7, SecondKey)]);

    public TestEnvelopes()
    {
        OpenSsl = new A1Envelope(_keys, _openSsl);
        BouncyCastle = new A1Envelope(_keys, new BouncyCastleBackend());
    }

    public IEnvelope OpenSsl { get; }

    public IEnvelope BouncyCastle { get; }

    /// <summary>Authenticates, then opens from the end to the start in pieces that begin at multiples of 16.</summary>
    public static byte[] OpenPiecewise(
        IEnvelope envelope, ReadOnlySpan<byte> header, ReadOnlySpan<byte> content, ReadOnlySpan<byte> trailer, byte pieceLength)
    {
        using IPiecewiseOpening opening = envelope.StartOpening(header);
        foreach (Memory<byte> piece in new Pieces(content.ToArray(), pieceLength))
            opening.Authenticate(piece.Span);
        opening.Finish(trailer);
        byte[] opened = content.ToArray();
        int step = 16 * (1 + pieceLength);
        for (int start = opened.Length / step * step; start >= 0; start -= step)
            opening.OpenAt(start, opened.AsSpan(start, Math.Min(step, opened.Length - start)));
        return opened;
    }

    /// <summary>A whole object of these wrapped fields, with the tag that belongs to it.</summary>
    /// <param name="fields">Wrapped IV and wrapped data key, 64 bytes.</param>
    /// <param name="content">Plain.</param>
    public byte[] SealWith(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> content)
    {
        byte[] stored = new byte[HeaderLength + content.Length + TrailerLength];
        Span<byte> header = stored.AsSpan(0, HeaderLength);
        "A1"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[2..], 1);
        fields.CopyTo(header[IvOffset..]);
        byte[] iv = header.Slice(IvOffset, IvLength).ToArray();
        byte[] dataKey = header[(IvOffset + IvLength)..].ToArray();
        _openSsl.TransformCtr(FirstKey, new byte[16], iv);
        _openSsl.TransformCtr(FirstKey, new byte[16], dataKey);
        Span<byte> body = stored.AsSpan(HeaderLength, content.Length);
        content.CopyTo(body);
        using IGcmEncryptor encryption = _openSsl.StartEncryption(dataKey, iv, header);
        encryption.Transform(body);
        encryption.Finish(stored.AsSpan()[^TrailerLength..]);
        return stored;
    }

    public void Dispose() => _keys.Dispose();
}

/// <summary>A content in pieces of so many bytes, 0 for one piece; nothing is allocated for a piece.</summary>
internal sealed class Pieces(byte[] content, byte pieceLength) : IReadOnlyList<Memory<byte>>
{
    private readonly int _length = pieceLength == 0 ? Math.Max(1, content.Length) : pieceLength;

    public int Count => (content.Length + _length - 1) / _length;

    public Memory<byte> this[int index]
    {
        get
        {
            int start = index * _length;
            return content.AsMemory(start, Math.Min(_length, content.Length - start));
        }
    }

    public IEnumerator<Memory<byte>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
