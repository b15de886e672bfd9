using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>
/// Objects as they may lie in a bucket, under known master keys: opened whole and piece by piece, with both cipher libraries, which must
/// agree. The first byte of an input says how the content is cut; the rest is the object.
/// </summary>
internal sealed class EnvelopeTarget : FuzzTarget
{
    private readonly TestEnvelopes _envelopes = new();

    public override string Name => "envelope";

    public override IEnumerable<byte[]> Seeds
    {
        get
        {
            foreach (int length in (int[])[0, 1, 16, 33, 200])
            {
                byte[] content = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
                byte[] header = new byte[TestEnvelopes.HeaderLength];
                byte[] trailer = new byte[TestEnvelopes.TrailerLength];
                _envelopes.OpenSsl.Seal([content], header, trailer);
                yield return [(byte)length, .. header, .. content, .. trailer];
            }
        }
    }

    public override IEnumerable<string> Dictionary => ["A1", "A1\u0001\0\0\0", "A1\u0007\0\0\0"];

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        ReadOnlySpan<byte> stored = input.AsSpan(1);
        bool recognized = _envelopes.OpenSsl.Recognizes(stored);
        Opened? reference = Open(_envelopes.OpenSsl, stored, input[0]);
        Require(reference is null || recognized, "an object was opened that is not recognized");
        Require(Opened.Same(reference, Open(_envelopes.BouncyCastle, stored, input[0])), "the cipher libraries disagree");
        Require(Opened.Same(reference, OpenPiecewise(_envelopes.OpenSsl, stored, input[0])), "opening piece by piece differs");
        Require(Opened.Same(reference, OpenPiecewise(_envelopes.BouncyCastle, stored, input[0])), "BouncyCastle piece by piece differs");
    }

    protected override void Close() => _envelopes.Dispose();

    /// <returns>Null where it was refused.</returns>
    private static Opened? Open(IEnvelope envelope, ReadOnlySpan<byte> stored, byte cut)
    {
        byte[] content = [];
        try
        {
            long length = envelope.ContentLength(stored.Length);
            content = stored.Slice(envelope.HeaderLength, (int)length).ToArray();
            envelope.Open(stored[..envelope.HeaderLength], new Pieces(content, cut), stored[^envelope.TrailerLength..]);
            return new Opened(content);
        }
        catch (EnvelopeException)
        {
            Require(content.All(b => b == 0), "content that did not authenticate was left in memory");
            return null;
        }
    }

    private static Opened? OpenPiecewise(IEnvelope envelope, ReadOnlySpan<byte> stored, byte cut)
    {
        try
        {
            long length = envelope.ContentLength(stored.Length);
            return new Opened(TestEnvelopes.OpenPiecewise(
                envelope, stored[..envelope.HeaderLength], stored.Slice(envelope.HeaderLength, (int)length), stored[^envelope.TrailerLength..], cut));
        }
        catch (EnvelopeException)
        {
            return null;
        }
    }

    private sealed record Opened(byte[] Content)
    {
        public static bool Same(Opened? one, Opened? other) =>
            one is null ? other is null : other is not null && one.Content.AsSpan().SequenceEqual(other.Content);
    }
}

/// <summary>
/// What lies behind authentication: an input is the fields of a header (IV and data key, wrapped) and a content; the object gets the tag that
/// belongs to it. Such an object must open, in every way, to what was sealed, and no object from which it differs in one bit.
/// </summary>
internal sealed class AuthenticEnvelopeTarget : FuzzTarget
{
    private const int CutAt = 0;
    private const int FlipAt = 1;
    private const int FieldsAt = 3;
    private const int FieldsLength = 64;

    private readonly TestEnvelopes _envelopes = new();

    public override string Name => "envelope-authentic";

    public override IEnumerable<byte[]> Seeds =>
        from length in (int[])[0, 1, 15, 16, 17, 100]
        select (byte[])[(byte)length, 40, 0, .. Enumerable.Range(0, FieldsLength + length).Select(i => (byte)(i * 7))];

    protected override void Parse(byte[] input)
    {
        if (input.Length < FieldsAt + FieldsLength)
            return;
        ReadOnlySpan<byte> fields = input.AsSpan(FieldsAt, FieldsLength);
        ReadOnlySpan<byte> content = input.AsSpan(FieldsAt + FieldsLength);
        byte cut = input[CutAt];
        byte[] stored = _envelopes.SealWith(fields, content);
        foreach (IEnvelope envelope in (IEnvelope[])[_envelopes.OpenSsl, _envelopes.BouncyCastle])
        {
            byte[] opened = stored[envelope.HeaderLength..^envelope.TrailerLength];
            envelope.Open(stored.AsSpan(0, envelope.HeaderLength), new Pieces(opened, cut), stored.AsSpan()[^envelope.TrailerLength..]);
            Require(content.SequenceEqual(opened), "opened to something else");
            byte[] piecewise = TestEnvelopes.OpenPiecewise(
                envelope,
                stored.AsSpan(0, envelope.HeaderLength),
                stored.AsSpan()[envelope.HeaderLength..^envelope.TrailerLength],
                stored.AsSpan()[^envelope.TrailerLength..],
                cut);
            Require(content.SequenceEqual(piecewise), "opened piece by piece to something else");
        }

        int bit = BitConverter.ToUInt16(input, FlipAt) % (stored.Length * 8);
        stored[bit / 8] ^= (byte)(1 << (bit % 8));
        RequireRefused(_envelopes.OpenSsl, stored);
        RequireRefused(_envelopes.BouncyCastle, stored);
    }

    protected override void Close() => _envelopes.Dispose();

    private static void RequireRefused(IEnvelope envelope, byte[] stored)
    {
        byte[] content = stored[envelope.HeaderLength..^envelope.TrailerLength];
        try
        {
            envelope.Open(stored.AsSpan(0, envelope.HeaderLength), [content], stored.AsSpan()[^envelope.TrailerLength..]);
        }
        catch (EnvelopeException)
        {
            Require(content.All(b => b == 0), "content that did not authenticate was left in memory");
            return;
        }

        throw new FindingException("a changed object was opened");
    }
}
