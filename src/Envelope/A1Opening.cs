using System.Security.Cryptography;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Envelope;

/// <summary>
/// One A1 object being authenticated, and after that decrypted at any place: GCM encrypts in counter mode, so that a block of 16 bytes
/// depends on the key, the IV and its number alone.
/// </summary>
internal sealed class A1Opening : IPiecewiseOpening
{
    private readonly ICipherBackend _backend;
    private readonly IGcmDecryptor _cipher;
    private readonly uint _masterKeyId;

    /// <summary>Data key and first counter block.</summary>
    private readonly SecretBuffer _secrets = new(CipherSizes.Key + CipherSizes.Block);

    private bool _isAuthentic;

    public A1Opening(
        ICipherBackend backend, ReadOnlySpan<byte> dataKey, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> header, uint masterKeyId)
    {
        (_backend, _masterKeyId) = (backend, masterKeyId);
        _cipher = backend.StartDecryption(dataKey, iv, header);
        using SecretBuffer.Lease secrets = _secrets.Borrow();
        dataKey.CopyTo(secrets.Bytes);
        Span<byte> hashKey = stackalloc byte[CipherSizes.Block];
        hashKey.Clear();
        backend.TransformCtr(dataKey, stackalloc byte[CipherSizes.Block], hashKey);
        GcmCounter.Derive(hashKey, iv, secrets.Bytes[CipherSizes.Key..]);
        CryptographicOperations.ZeroMemory(hashKey);
    }

    /// <summary>Verifies the tag of a decryption under way.</summary>
    /// <exception cref="EnvelopeException">It is another one.</exception>
    public static void Finish(IGcmDecryptor cipher, ReadOnlySpan<byte> tag, uint masterKeyId)
    {
        try
        {
            cipher.Finish(tag);
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new EnvelopeException($"authentication failed with master key id {masterKeyId}", mismatch);
        }
    }

    public void Authenticate(Span<byte> next) => _cipher.Transform(next);

    public void Finish(ReadOnlySpan<byte> trailer)
    {
        using (_cipher)
            Finish(_cipher, trailer, _masterKeyId);
        _isAuthentic = true;
    }

    public void OpenAt(long offset, Span<byte> stored)
    {
        if (!_isAuthentic)
            throw new InvalidOperationException("The object has not been authenticated.");
        using SecretBuffer.Lease secrets = _secrets.Borrow();
        GcmCounter.Transform(_backend, secrets.Bytes[..CipherSizes.Key], secrets.Bytes[CipherSizes.Key..], offset, stored);
    }

    public void Dispose()
    {
        _isAuthentic = false;
        _cipher.Dispose();
        _secrets.Dispose();
    }
}
