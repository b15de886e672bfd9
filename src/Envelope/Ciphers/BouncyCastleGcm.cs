using System.Buffers;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>
/// <see cref="GcmBlockCipher"/> made to transform in place and at once. That class puts out whole blocks only and, when
/// decrypting, holds back another 16 bytes that might be the tag; so its output lags up to 31 bytes behind its input. Content
/// goes through a small scratch buffer, and the last bytes of each piece, still held back, come from the same keystream
/// computed here: CTR blocks counted from GCM's first counter block.
/// </summary>
internal sealed class BouncyCastleGcm : IGcmEncryptor, IGcmDecryptor
{
    /// <summary>Bytes handed over at once: small enough for the first-level cache, large enough for the four-block path.</summary>
    private const int ChunkLength = 8192;

    /// <summary>The most that can come out beyond one chunk: a held-back tag and a partial block.</summary>
    private const int LongestLag = 2 * CipherSizes.Block;

    private readonly GcmBlockCipher _gcm;
    private readonly IBlockCipher _aes = AesUtilities.CreateEngine();
    private readonly byte[] _firstCounter = new byte[CipherSizes.Block];
    private byte[]? _scratch;
    private long _consumed;
    private long _produced;

    public BouncyCastleGcm(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData, bool encrypt)
    {
        CipherSizes.Check(key, iv);
        var keyParameter = new KeyParameter(key);
        _gcm = new GcmBlockCipher(AesUtilities.CreateEngine());
        _gcm.Init(encrypt, new AeadParameters(keyParameter, CipherSizes.Tag * 8, iv.ToArray()));
        _gcm.ProcessAadBytes(associatedData);
        _aes.Init(forEncryption: true, keyParameter);
        DeriveFirstCounter(iv);
        _scratch = ArrayPool<byte>.Shared.Rent(ChunkLength + LongestLag);
    }

    public void Transform(Span<byte> data)
    {
        ObjectDisposedException.ThrowIf(_scratch is null, this);
        while (data.Length > 0)
        {
            int count = Math.Min(data.Length, ChunkLength);
            TransformChunk(data[..count], _scratch);
            data = data[count..];
        }
    }

    void IGcmEncryptor.Finish(Span<byte> tag)
    {
        CipherSizes.CheckTag(tag);
        ObjectDisposedException.ThrowIf(_scratch is null, this);
        int length = _gcm.DoFinal(_scratch);
        _scratch.AsSpan(length - CipherSizes.Tag, CipherSizes.Tag).CopyTo(tag);
    }

    void IGcmDecryptor.Finish(ReadOnlySpan<byte> tag)
    {
        CipherSizes.CheckTag(tag);
        ObjectDisposedException.ThrowIf(_scratch is null, this);
        try
        {
            _gcm.ProcessBytes(tag, _scratch);
            _gcm.DoFinal(_scratch);
        }
        catch (InvalidCipherTextException)
        {
            throw new AuthenticationTagMismatchException();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _scratch, null) is not { } scratch)
            return;

        CryptographicOperations.ZeroMemory(scratch);
        CryptographicOperations.ZeroMemory(_firstCounter);
        ArrayPool<byte>.Shared.Return(scratch);
    }

    private void TransformChunk(Span<byte> chunk, Span<byte> scratch)
    {
        int length = _gcm.ProcessBytes(chunk, scratch);
        int lag = (int)(_consumed - _produced); // these first bytes were given out with an earlier piece
        int covered = Math.Max(0, length - lag);
        if (covered > 0)
            scratch.Slice(lag, covered).CopyTo(chunk);

        XorKeystream(_consumed + covered, chunk[covered..]);
        _consumed += chunk.Length;
        _produced += length;
    }

    private void XorKeystream(long position, Span<byte> data)
    {
        Span<byte> counter = stackalloc byte[CipherSizes.Block];
        Span<byte> keystream = stackalloc byte[CipherSizes.Block];
        while (data.Length > 0)
        {
            (long block, long offset) = Math.DivRem(position, CipherSizes.Block);
            GcmCounter.At(_firstCounter, block, counter);
            _aes.ProcessBlock(counter, keystream);

            int count = Math.Min(data.Length, CipherSizes.Block - (int)offset);
            for (int i = 0; i < count; i++)
                data[i] ^= keystream[(int)offset + i];

            position += count;
            data = data[count..];
        }

        CryptographicOperations.ZeroMemory(keystream);
    }

    private void DeriveFirstCounter(ReadOnlySpan<byte> iv)
    {
        Span<byte> hashKey = stackalloc byte[CipherSizes.Block];
        hashKey.Clear();
        _aes.ProcessBlock(hashKey, hashKey);
        GcmCounter.Derive(hashKey, iv, _firstCounter);
        CryptographicOperations.ZeroMemory(hashKey);
    }
}
