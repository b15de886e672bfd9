using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// Receives one whole object, range after range, into the memory of a single block: each block is digested, authenticated and overwritten
/// by the next. A range that is delivered again after a failure goes on behind what was already taken in.
/// </summary>
internal sealed class AuthenticationPass(AttachmentInfo attachment, IEnvelope envelope, BlockDigests digests, BlockSlot slot)
    : IDownloadTarget, IDisposable
{
    /// <summary>A failure repeats one request, and each request has a deadline of its own.</summary>
    public const long BytesPerRequest = 64L << 20;

    private readonly byte[] _header = new byte[envelope.HeaderLength];
    private readonly byte[] _trailer = new byte[envelope.TrailerLength];
    private IPiecewiseOpening? _opening;
    private long _rangeStart;
    private long _received;

    /// <summary>The version that is being read; null before the first answer.</summary>
    public string? ETag { get; private set; }

    /// <summary>Bytes of the object that were taken in for good.</summary>
    private long Position { get; set; }

    private long ContentEnd => _header.Length + attachment.Length;

    private long ObjectLength => ContentEnd + _trailer.Length;

    /// <summary>True when the whole object was taken in.</summary>
    public bool IsComplete => Position == ObjectLength;

    /// <summary>What to ask for next: it ends with a block, or with the object.</summary>
    public ByteRange NextRange()
    {
        _rangeStart = Position;
        long end = Math.Max(Position, _header.Length) + BytesPerRequest;
        return new ByteRange(Position, (end < ContentEnd ? end : ObjectLength) - Position);
    }

    public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
    {
        BlockTarget.RequireSame(attachment, ObjectLength, info, ETag);
        ETag ??= info.ETag;
        _received = _rangeStart;
        return ValueTask.CompletedTask;
    }

    public Memory<byte> GetBuffer()
    {
        if (_received < Position)
            return Limit(slot.SpaceAt(0), Position - _received); // again, and not needed
        if (_received < _header.Length)
            return _header.AsMemory((int)_received);
        return _received < ContentEnd
            ? Limit(slot.SpaceAt((int)((_received - _header.Length) % BlockSlot.Length)), ContentEnd - _received)
            : _trailer.AsMemory((int)(_received - ContentEnd));
    }

    public void Advance(int count)
    {
        _received += count;
        if (_received <= Position)
            return;
        if (Position < _header.Length)
        {
            if (_received < _header.Length)
                return;
            _opening = Start();
            Position = _header.Length;
        }
        else if (Position < ContentEnd)
        {
            if (_received - Position == BlockSlot.Length || _received == ContentEnd)
                TakeBlock();
        }
        else if (_received == ObjectLength)
        {
            Position = ObjectLength;
        }
    }

    /// <summary>Verifies the tag, and hands over what reads at any place.</summary>
    /// <exception cref="AttachmentException"><see cref="AttachmentError.Unreadable"/>.</exception>
    public IPiecewiseOpening Finish()
    {
        try
        {
            _opening!.Finish(_trailer);
            IPiecewiseOpening opening = _opening;
            _opening = null;
            return opening;
        }
        catch (EnvelopeException e)
        {
            throw ObjectForm.Unreadable(attachment.Key, e.Message, e);
        }
    }

    public void Dispose() => _opening?.Dispose();

    private static Memory<byte> Limit(Memory<byte> space, long count) => space.Length > count ? space[..(int)count] : space;

    private IPiecewiseOpening Start()
    {
        try
        {
            return envelope.StartOpening(_header);
        }
        catch (EnvelopeException e)
        {
            throw ObjectForm.Unreadable(attachment.Key, e.Message, e);
        }
    }

    private void TakeBlock()
    {
        int length = (int)(_received - Position);
        digests.Set((Position - _header.Length) / BlockSlot.Length, slot, length);
        foreach (Memory<byte> piece in slot.Pieces(length))
            _opening!.Authenticate(piece.Span);
        Position = _received;
    }
}
