using System.Runtime.InteropServices;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>AES from OpenSSL's libcrypto (1.1 or 3.x) through its EVP interface, in place, with pooled contexts.</summary>
public sealed class OpenSslBackend : ICipherBackend
{
    private readonly EvpContextPool _gcm = new(EvpCipherContext.CreateGcm);
    private readonly EvpContextPool _ctr = new(EvpCipherContext.CreateCtr);

    private unsafe OpenSslBackend() => Name = Marshal.PtrToStringUTF8((nint)LibCrypto.OpenSslVersion(0)) ?? "OpenSSL";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The back end, or null where no libcrypto is installed.</summary>
    public static OpenSslBackend? TryCreate() => LibCrypto.IsPresent ? new OpenSslBackend() : null;

    /// <inheritdoc/>
    public IGcmEncryptor StartEncryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData)
        => new GcmCipher(_gcm, Start(key, iv, associatedData, encrypt: true));

    /// <inheritdoc/>
    public IGcmDecryptor StartDecryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData)
        => new GcmCipher(_gcm, Start(key, iv, associatedData, encrypt: false));

    /// <inheritdoc/>
    public void TransformCtr(ReadOnlySpan<byte> key, ReadOnlySpan<byte> counterBlock, Span<byte> data)
    {
        CipherSizes.CheckCtr(key, counterBlock);
        EvpCipherContext context = _ctr.Rent();
        try
        {
            context.Start(key, counterBlock, encrypt: true);
            context.Transform(data);
        }
        finally
        {
            _ctr.Return(context);
        }
    }

    private EvpCipherContext Start(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData, bool encrypt)
    {
        CipherSizes.Check(key, iv);
        EvpCipherContext context = _gcm.Rent();
        try
        {
            context.Start(key, iv, encrypt);
            context.AddAssociatedData(associatedData);
            return context;
        }
        catch
        {
            _gcm.Return(context);
            throw;
        }
    }

    private sealed class GcmCipher(EvpContextPool pool, EvpCipherContext context) : IGcmEncryptor, IGcmDecryptor
    {
        private EvpCipherContext? _context = context;

        private EvpCipherContext Context => _context ?? throw new ObjectDisposedException(nameof(GcmCipher));

        public void Transform(Span<byte> data) => Context.Transform(data);

        void IGcmEncryptor.Finish(Span<byte> tag)
        {
            CipherSizes.CheckTag(tag);
            Context.FinishEncryption(tag);
        }

        void IGcmDecryptor.Finish(ReadOnlySpan<byte> tag)
        {
            CipherSizes.CheckTag(tag);
            Context.FinishDecryption(tag);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _context, null) is { } context)
                pool.Return(context);
        }
    }
}
