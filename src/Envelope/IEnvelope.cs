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

    /// <summary>Turns plain content into stored content, in place, with a fresh data key. When it throws, the content has been cleared.</summary>
    /// <param name="content">The attachment in order, split anywhere.</param>
    /// <param name="header">Receives <see cref="HeaderLength"/> bytes.</param>
    /// <param name="trailer">Receives <see cref="TrailerLength"/> bytes.</param>
    void Seal(IReadOnlyList<Memory<byte>> content, Span<byte> header, Span<byte> trailer);

    /// <summary>Turns stored content into plain content, in place. When it throws, the content has been cleared.</summary>
    /// <exception cref="EnvelopeException">The object does not authenticate; nothing of it may be used.</exception>
    void Open(ReadOnlySpan<byte> header, IReadOnlyList<Memory<byte>> content, ReadOnlySpan<byte> trailer);
}

/// <summary>An object that cannot be opened. The message gives the reason and the master key id, never key or content.</summary>
public sealed class EnvelopeException(string message, Exception? innerException = null) : Exception(message, innerException);
