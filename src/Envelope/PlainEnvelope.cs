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
    public long MaximumContentLength => long.MaxValue;

    /// <inheritdoc/>
    public ISealing StartSealing(Span<byte> header) => Nothing.Instance;

    /// <inheritdoc/>
    public IPiecewiseOpening StartOpening(ReadOnlySpan<byte> header) => Nothing.Instance;

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

    /// <summary>What is stored is the content.</summary>
    private sealed class Nothing : ISealing, IPiecewiseOpening
    {
        public static readonly Nothing Instance = new();

        public void Seal(Span<byte> next)
        {
        }

        void ISealing.Finish(Span<byte> trailer)
        {
        }

        public void Authenticate(Span<byte> next)
        {
        }

        void IPiecewiseOpening.Finish(ReadOnlySpan<byte> trailer)
        {
        }

        public void OpenAt(long offset, Span<byte> stored)
        {
        }

        public void Dispose()
        {
        }
    }
}
