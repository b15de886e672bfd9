namespace OrthancCloudFs.Envelope;

/// <summary>No envelope: the object is the attachment. Only for configurations that say so; it protects and detects nothing.</summary>
public sealed class PlainEnvelope : IEnvelope
{
    /// <inheritdoc/>
    public int HeaderLength => 0;

    /// <inheritdoc/>
    public int TrailerLength => 0;

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> start) => true;

    /// <inheritdoc/>
    public void Seal(IReadOnlyList<Memory<byte>> content, Span<byte> header, Span<byte> trailer) => CheckLengths(header, trailer);

    /// <inheritdoc/>
    public void Open(ReadOnlySpan<byte> header, IReadOnlyList<Memory<byte>> content, ReadOnlySpan<byte> trailer)
        => CheckLengths(header, trailer);

    private static void CheckLengths(ReadOnlySpan<byte> header, ReadOnlySpan<byte> trailer)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Length, 0, nameof(header));
        ArgumentOutOfRangeException.ThrowIfNotEqual(trailer.Length, 0, nameof(trailer));
    }
}
