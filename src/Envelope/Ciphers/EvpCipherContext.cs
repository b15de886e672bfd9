using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>An <c>EVP_CIPHER_CTX</c> bound to one cipher. Freeing it makes OpenSSL cleanse its key schedule.</summary>
internal sealed unsafe class EvpCipherContext : SafeHandle
{
    /// <summary>One call takes an <c>int</c> length; larger pieces are cut into calls of this many bytes.</summary>
    private const int LargestUpdate = 1 << 30;

    public EvpCipherContext() : base(0, ownsHandle: true) => SetHandle(LibCrypto.EvpCipherCtxNew());

    public override bool IsInvalid => handle == 0;

    public static EvpCipherContext CreateGcm()
    {
        var context = Create(LibCrypto.EvpAes256Gcm());
        Require(LibCrypto.EvpCipherCtxCtrl(context, LibCrypto.ControlSetIvLength, CipherSizes.Iv, null), "EVP_CTRL_AEAD_SET_IVLEN");
        return context;
    }

    public static EvpCipherContext CreateCtr() => Create(LibCrypto.EvpAes256Ctr());

    private static EvpCipherContext Create(nint cipher)
    {
        var context = new EvpCipherContext();
        if (context.IsInvalid)
            throw new CryptographicException("OpenSSL: EVP_CIPHER_CTX_new failed");

        Require(LibCrypto.EvpCipherInit(context, cipher, 0, null, null, 1), "EVP_CipherInit_ex");
        return context;
    }

    /// <summary>Starts a new operation; whatever the context held is replaced.</summary>
    public void Start(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, bool encrypt)
    {
        fixed (byte* keyPointer = key, ivPointer = iv)
            Require(LibCrypto.EvpCipherInit(this, 0, 0, keyPointer, ivPointer, encrypt ? 1 : 0), "EVP_CipherInit_ex");
    }

    public void AddAssociatedData(ReadOnlySpan<byte> data)
    {
        int length;
        fixed (byte* pointer = data)
        {
            if (data.Length > 0)
                Require(LibCrypto.EvpCipherUpdate(this, null, &length, pointer, data.Length), "EVP_CipherUpdate");
        }
    }

    public void Transform(Span<byte> data)
    {
        while (data.Length > 0)
        {
            int count = Math.Min(data.Length, LargestUpdate);
            int written;
            fixed (byte* pointer = data)
                Require(LibCrypto.EvpCipherUpdate(this, pointer, &written, pointer, count), "EVP_CipherUpdate");
            if (written != count)
                throw new CryptographicException("OpenSSL: EVP_CipherUpdate held bytes back");

            data = data[count..];
        }
    }

    public void FinishEncryption(Span<byte> tag)
    {
        byte* none = stackalloc byte[CipherSizes.Block];
        int length;
        Require(LibCrypto.EvpCipherFinal(this, none, &length), "EVP_CipherFinal_ex");
        fixed (byte* pointer = tag)
            Require(LibCrypto.EvpCipherCtxCtrl(this, LibCrypto.ControlGetTag, tag.Length, pointer), "EVP_CTRL_AEAD_GET_TAG");
    }

    public void FinishDecryption(ReadOnlySpan<byte> tag)
    {
        fixed (byte* pointer = tag)
            Require(LibCrypto.EvpCipherCtxCtrl(this, LibCrypto.ControlSetTag, tag.Length, pointer), "EVP_CTRL_AEAD_SET_TAG");

        byte* none = stackalloc byte[CipherSizes.Block];
        int length;
        if (LibCrypto.EvpCipherFinal(this, none, &length) != 1)
        {
            LibCrypto.ErrClearError();
            throw new AuthenticationTagMismatchException();
        }
    }

    /// <summary>Overwrites key schedule, hash key and counter with those of an all-zero key, so that a pooled context holds no secret.</summary>
    public void Forget()
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[CipherSizes.Key];
        Start(zeros, zeros, encrypt: true);
    }

    protected override bool ReleaseHandle()
    {
        LibCrypto.EvpCipherCtxFree(handle);
        return true;
    }

    private static void Require(int result, string function)
    {
        if (result == 1)
            return;

        LibCrypto.ErrClearError();
        throw new CryptographicException($"OpenSSL: {function} failed");
    }
}
