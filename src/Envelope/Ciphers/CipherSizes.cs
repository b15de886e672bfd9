namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>Sizes in bytes of what the cipher back ends take, and the checks of them.</summary>
public static class CipherSizes
{
    /// <summary>An AES-256 key.</summary>
    public const int Key = 32;

    /// <summary>The IV of format A1, which is not GCM's usual 12 bytes.</summary>
    public const int Iv = 32;

    /// <summary>A GCM tag.</summary>
    public const int Tag = 16;

    /// <summary>An AES block.</summary>
    public const int Block = 16;

    /// <summary>The most content of one GCM operation: 2³⁹ − 256 bits (SP 800-38D, section 5.2.1.1).</summary>
    public const long LongestContent = (1L << 36) - 32;

    internal static void Check(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Key, nameof(key));
        ArgumentOutOfRangeException.ThrowIfNotEqual(iv.Length, Iv, nameof(iv));
    }

    internal static void CheckCtr(ReadOnlySpan<byte> key, ReadOnlySpan<byte> counterBlock)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Key, nameof(key));
        ArgumentOutOfRangeException.ThrowIfNotEqual(counterBlock.Length, Block, nameof(counterBlock));
    }

    internal static void CheckTag(ReadOnlySpan<byte> tag) => ArgumentOutOfRangeException.ThrowIfNotEqual(tag.Length, Tag, nameof(tag));
}
