using System.Security.Cryptography;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>A SHA-256 of each block of stored content, as it was when it was authenticated.</summary>
internal sealed class BlockDigests(long contentLength)
{
    private readonly byte[] _digests = new byte[BytesFor(contentLength)];

    /// <summary>Bytes of digests for content of that length.</summary>
    public static long BytesFor(long contentLength) => (contentLength + BlockSlot.Length - 1) / BlockSlot.Length * SHA256.HashSizeInBytes;

    /// <summary>Keeps the digest of a block.</summary>
    public void Set(long block, BlockSlot slot, int length) => Compute(slot, length, At(block));

    /// <summary>True when the slot holds what the block was.</summary>
    public bool Matches(long block, BlockSlot slot, int length)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Compute(slot, length, digest);
        return digest.SequenceEqual(At(block));
    }

    private static void Compute(BlockSlot slot, int length, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Memory<byte> piece in slot.Pieces(length))
            hash.AppendData(piece.Span);
        hash.GetHashAndReset(digest);
    }

    private Span<byte> At(long block) => _digests.AsSpan(checked((int)block * SHA256.HashSizeInBytes), SHA256.HashSizeInBytes);
}
