using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>There was no room to keep the body of a download that nobody has asked for yet.</summary>
internal sealed class NotStagedException() : Exception("There is no room to stage the body.");

/// <summary>
/// Receives one object straight into staging pages: header and trailer of the envelope to the side, the content aligned to the pages, so
/// that it is opened in place.
/// </summary>
internal sealed class StagedDownload : IDownloadTarget, IDisposable
{
    private readonly ObjectForm _form;
    private readonly StagingMemory _memory;
    private readonly StagedContent _content;
    private readonly byte[] _header;
    private readonly byte[] _trailer;
    private readonly long _largestUnasked;
    private ObjectInfo? _object;
    private bool? _isSealed;
    private long _received;

    /// <param name="id">The attachment.</param>
    /// <param name="encryptedByName">What its key tells.</param>
    /// <param name="form">What objects look like.</param>
    /// <param name="memory">Where the content goes.</param>
    /// <param name="reserved">Bytes reserved for it already; now owned by this download.</param>
    /// <param name="largestUnasked">Bytes of content that may be staged without a reservation, if there is room at once.</param>
    public StagedDownload(AttachmentId id, bool? encryptedByName, ObjectForm form, StagingMemory memory, long reserved, long largestUnasked)
    {
        (Id, EncryptedByName, _form, _memory, Reserved, _largestUnasked) = (id, encryptedByName, form, memory, reserved, largestUnasked);
        _content = new StagedContent(memory);
        _header = new byte[form.Envelope.HeaderLength];
        _trailer = new byte[form.Envelope.TrailerLength];
    }

    /// <summary>Called as soon as the attachment's length is known, before its body was received or authenticated.</summary>
    public Action<AttachmentInfo>? Found { get; init; }

    public AttachmentId Id { get; }

    public bool? EncryptedByName { get; set; }

    /// <summary>Bytes of staging memory held by this download.</summary>
    public long Reserved { get; private set; }

    private long Length => _object!.Length;

    private int HeaderExpected => (int)Math.Min(_header.Length, Length);

    public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
    {
        _object = info with { Length = length };
        _content.Dispose();
        _received = 0;
        _isSealed = _form.MustLookInside(EncryptedByName) ? null : EncryptedByName ?? _form.Encrypts;
        if (_isSealed is not null)
            Announce();
        else if (length == 0)
            Decide();
        Reserve(StagingMemory.RoundUp(length));
        return ValueTask.CompletedTask;
    }

    public Memory<byte> GetBuffer()
    {
        if (_isSealed == false)
            return Limit(_content.SpaceAt(_received), Length - _received);
        if (_received < HeaderExpected)
            return _header.AsMemory((int)_received, HeaderExpected - (int)_received);
        long contentEnd = Length - _trailer.Length;
        return _received < contentEnd
            ? Limit(_content.SpaceAt(_received - _header.Length), contentEnd - _received)
            : _trailer.AsMemory((int)Math.Max(0, _received - Math.Max(contentEnd, _header.Length)));
    }

    public void Advance(int count)
    {
        _received += count;
        if (_isSealed is null && _received >= HeaderExpected)
            Decide();
    }

    /// <summary>Authenticates the whole object and hands its content over; the download holds nothing any more.</summary>
    /// <exception cref="AttachmentException"><see cref="AttachmentError.Unreadable"/>.</exception>
    public WholeContent Finish()
    {
        string key = _object!.Key;
        bool isSealed = _isSealed!.Value;
        AttachmentInfo info = Describe();
        _content.SetLength(info.Length);
        if (isSealed)
        {
            try
            {
                _ = _form.Envelope.ContentLength(Length);
                _form.Envelope.Open(_header, _content.GetSegments(), _trailer);
            }
            catch (EnvelopeException e)
            {
                throw ObjectForm.Unreadable(key, e.Message, e);
            }
        }

        Shrink(_content.Held);
        long reserved = Reserved;
        Reserved = 0;
        return new WholeContent(info, _content, reserved, sealedObject: null, envelope: null);
    }

    public void Dispose()
    {
        if (Reserved == 0)
            return;
        _content.Dispose();
        Shrink(0);
    }

    private static Memory<byte> Limit(Memory<byte> space, long count) => space.Length > count ? space[..(int)count] : space;

    private AttachmentInfo Describe() =>
        new(Id, _object!.Key, _form.ContentLength(Length, _isSealed), _object.LastModified, _isSealed);

    private void Announce() => Found?.Invoke(Describe());

    private void Decide()
    {
        _isSealed = _form.Envelope.Recognizes(_header.AsSpan(0, (int)_received));
        if (_isSealed == false)
            _content.Write(0, _header.AsSpan(0, (int)_received));
        Announce();
    }

    private void Reserve(long bytes)
    {
        if (bytes <= Reserved)
        {
            Shrink(bytes);
            return;
        }

        bool asked = Reserved > 0;
        if ((!asked && Length > _largestUnasked) || !_memory.TryReserve(bytes - Reserved, ReservationPriority.Queue))
            throw new NotStagedException();
        Reserved = bytes;
    }

    private void Shrink(long bytes)
    {
        _memory.Release(Reserved - bytes);
        Reserved = bytes;
    }
}
