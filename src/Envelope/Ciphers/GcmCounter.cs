using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>GCM's counter blocks (NIST SP 800-38D), from which any place of the content can be transformed without what precedes it.</summary>
internal static class GcmCounter
{
    /// <summary>J0 = GHASH(IV ‖ 0⁶⁴ ‖ length of the IV in bits as uint64): SP 800-38D, section 7.1, for an IV that is not 12 bytes.</summary>
    /// <param name="hashKey">H: 16 zero bytes, encrypted.</param>
    /// <param name="iv">32 bytes.</param>
    /// <param name="first">Receives the 16 bytes of J0, the counter block that belongs to the tag.</param>
    public static void Derive(ReadOnlySpan<byte> hashKey, ReadOnlySpan<byte> iv, Span<byte> first)
    {
        UInt128 h = BinaryPrimitives.ReadUInt128BigEndian(hashKey);
        UInt128 hash = Multiply(BinaryPrimitives.ReadUInt128BigEndian(iv), h);
        hash = Multiply(hash ^ BinaryPrimitives.ReadUInt128BigEndian(iv[CipherSizes.Block..]), h);
        hash = Multiply(hash ^ (UInt128)(iv.Length * 8), h);
        BinaryPrimitives.WriteUInt128BigEndian(first, hash);
    }

    /// <summary>Writes the counter block of the content's block of that number: inc32 counts in the last 32 bits only.</summary>
    public static void At(ReadOnlySpan<byte> first, long block, Span<byte> counter)
    {
        first.CopyTo(counter);
        Span<byte> low = counter[^sizeof(uint)..];
        BinaryPrimitives.WriteUInt32BigEndian(low, unchecked(BinaryPrimitives.ReadUInt32BigEndian(low) + 1 + (uint)block));
    }

    /// <summary>
    /// Encrypts or decrypts content in place from any block on. A CTR mode counts in all 128 bits, so it is started anew where the last
    /// 32 bits begin again at zero.
    /// </summary>
    /// <param name="backend">Whose CTR mode.</param>
    /// <param name="key">32 bytes.</param>
    /// <param name="first">J0.</param>
    /// <param name="offset">Of the data in the content; a multiple of 16.</param>
    /// <param name="data">Replaced.</param>
    public static void Transform(ICipherBackend backend, ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, long offset, Span<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(offset % CipherSizes.Block, 0, nameof(offset));
        Span<byte> counter = stackalloc byte[CipherSizes.Block];
        while (data.Length > 0)
        {
            At(first, offset / CipherSizes.Block, counter);
            long blocksToWrap = (1L << 32) - BinaryPrimitives.ReadUInt32BigEndian(counter[^sizeof(uint)..]);
            int count = (int)Math.Min(data.Length, blocksToWrap * CipherSizes.Block);
            backend.TransformCtr(key, counter, data[..count]);
            data = data[count..];
            offset += count;
        }

        CryptographicOperations.ZeroMemory(counter);
    }

    /// <summary>The product in GCM's field, SP 800-38D, algorithm 1, in constant time. Three calls per object need no tables.</summary>
    private static UInt128 Multiply(UInt128 x, UInt128 y)
    {
        var reduction = new UInt128(0xE100000000000000, 0);
        UInt128 product = UInt128.Zero;
        for (int bit = 127; bit >= 0; bit--)
        {
            product ^= y & (UInt128.Zero - ((x >> bit) & UInt128.One));
            y = (y >> 1) ^ (reduction & (UInt128.Zero - (y & UInt128.One)));
        }

        return product;
    }
}
