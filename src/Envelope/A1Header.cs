using System.Buffers.Binary;
using OrthancCloudFs.Envelope.Ciphers;

namespace OrthancCloudFs.Envelope;

/// <summary>
/// The first 70 bytes of an object of format A1, as the object-storage plugins of Orthanc write them:
/// <c>"A1" ‖ master key id (uint32, little-endian) ‖ wrapped IV (32) ‖ wrapped data key (32)</c>.
/// </summary>
internal static class A1Header
{
    public const int Length = WrappedKeyOffset + CipherSizes.Key;

    public const int TrailerLength = CipherSizes.Tag;

    public const int Overhead = Length + TrailerLength;

    private const int IdOffset = 2;
    private const int WrappedIvOffset = IdOffset + sizeof(uint);
    private const int WrappedKeyOffset = WrappedIvOffset + CipherSizes.Iv;

    private static ReadOnlySpan<byte> Version => "A1"u8;

    public static bool HasVersion(ReadOnlySpan<byte> header) => header.StartsWith(Version);

    public static void Write(Span<byte> header, uint masterKeyId)
    {
        Version.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[IdOffset..], masterKeyId);
    }

    /// <summary>The id of the master key that wraps this object's data key.</summary>
    /// <exception cref="EnvelopeException">The object is of another format.</exception>
    public static uint ReadMasterKeyId(ReadOnlySpan<byte> header)
    {
        if (!HasVersion(header))
            throw new EnvelopeException($"unknown version 0x{header[0]:X2} 0x{header[1]:X2}, not an A1 object");

        return BinaryPrimitives.ReadUInt32LittleEndian(header[IdOffset..]);
    }

    public static Span<byte> WrappedIv(Span<byte> header) => header.Slice(WrappedIvOffset, CipherSizes.Iv);

    public static ReadOnlySpan<byte> WrappedIv(ReadOnlySpan<byte> header) => header.Slice(WrappedIvOffset, CipherSizes.Iv);

    public static Span<byte> WrappedKey(Span<byte> header) => header.Slice(WrappedKeyOffset, CipherSizes.Key);

    public static ReadOnlySpan<byte> WrappedKey(ReadOnlySpan<byte> header) => header.Slice(WrappedKeyOffset, CipherSizes.Key);
}
