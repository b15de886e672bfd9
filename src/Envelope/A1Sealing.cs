using OrthancCloudFs.Envelope.Ciphers;

namespace OrthancCloudFs.Envelope;

/// <summary>One A1 object being encrypted.</summary>
internal sealed class A1Sealing(IGcmEncryptor cipher) : ISealing
{
    private long _length;

    public void Seal(Span<byte> next)
    {
        _length += next.Length;
        if (_length > CipherSizes.LongestContent)
            throw new InvalidOperationException($"AES-GCM takes at most {CipherSizes.LongestContent} bytes under one key and IV.");
        cipher.Transform(next);
    }

    public void Finish(Span<byte> trailer) => cipher.Finish(trailer);

    public void Dispose() => cipher.Dispose();
}
