namespace OrthancCloudFs.Envelope;

/// <summary>
/// The form in which an attachment lies in the bucket: <c>header ‖ content ‖ trailer</c>, where content has the attachment's length.
/// Implementations are safe for concurrent use.
/// </summary>
public interface IEnvelope
{
    /// <summary>Bytes before the content.</summary>
    int HeaderLength { get; }

    /// <summary>Bytes after the content.</summary>
    int TrailerLength { get; }

    /// <summary>True when an object that starts with these bytes claims to be in this envelope.</summary>
    bool Recognizes(ReadOnlySpan<byte> start);

    /// <summary>Length in bytes of the content within an object of <paramref name="objectLength"/> bytes.</summary>
    /// <exception cref="EnvelopeException">The object is too short to hold header and trailer.</exception>
    long ContentLength(long objectLength)
    {
        long contentLength = objectLength - HeaderLength - TrailerLength;
        return contentLength >= 0
            ? contentLength
            : throw new EnvelopeException($"too short: {objectLength} bytes, at least {HeaderLength + TrailerLength} are needed");
    }

    /// <summary>Most bytes of content in one object.</summary>
    long MaximumContentLength { get; }

    /// <summary>Begins an object whose content still arrives, with a fresh data key.</summary>
    /// <param name="header">Receives <see cref="HeaderLength"/> bytes.</param>
    ISealing StartSealing(Span<byte> header);

    /// <summary>Begins to authenticate an object that is too large to be held, and to read at any place afterwards.</summary>
    /// <exception cref="EnvelopeException">The header says that the object cannot be opened.</exception>
    IPiecewiseOpening StartOpening(ReadOnlySpan<byte> header);

    /// <summary>Turns plain content into stored content, in place, with a fresh data key. When it throws, the content has been cleared.</summary>
    /// <param name="content">The attachment in order, split anywhere.</param>
    /// <param name="header">Receives <see cref="HeaderLength"/> bytes.</param>
    /// <param name="trailer">Receives <see cref="TrailerLength"/> bytes.</param>
    void Seal(IReadOnlyList<Memory<byte>> content, Span<byte> header, Span<byte> trailer);

    /// <summary>Turns stored content into plain content, in place. When it throws, the content has been cleared.</summary>
    /// <exception cref="EnvelopeException">The object does not authenticate; nothing of it may be used.</exception>
    void Open(ReadOnlySpan<byte> header, IReadOnlyList<Memory<byte>> content, ReadOnlySpan<byte> trailer);
}

/// <summary>One object being sealed. Belongs to one thread at a time; disposing it clears what it knows.</summary>
public interface ISealing : IDisposable
{
    /// <summary>Turns the next bytes of content into stored content, in place.</summary>
    void Seal(Span<byte> next);

    /// <summary>Ends the object.</summary>
    /// <param name="trailer">Receives <see cref="IEnvelope.TrailerLength"/> bytes.</param>
    void Finish(Span<byte> trailer);
}

/// <summary>
/// One object being authenticated piece by piece, and after that opened at any place. The caller sees to it that what it opens is what it
/// authenticated. Disposing it clears what it knows.
/// </summary>
public interface IPiecewiseOpening : IDisposable
{
    /// <summary>Takes the next bytes of stored content, which are used up: their place holds nothing that may be used. One thread at a time.</summary>
    void Authenticate(Span<byte> next);

    /// <summary>Ends the authentication.</summary>
    /// <exception cref="EnvelopeException">The object does not authenticate; nothing of it may be used.</exception>
    void Finish(ReadOnlySpan<byte> trailer);

    /// <summary>Turns stored content at any place into plain content, in place; only after <see cref="Finish"/>. Safe for concurrent use.</summary>
    /// <param name="offset">In the content, in bytes; a multiple of 16.</param>
    /// <param name="stored">Replaced by plain content.</param>
    void OpenAt(long offset, Span<byte> stored);
}

/// <summary>An object that cannot be opened. The message gives the reason and the master key id, never key or content.</summary>
public sealed class EnvelopeException(string message, Exception? innerException = null) : Exception(message, innerException);
