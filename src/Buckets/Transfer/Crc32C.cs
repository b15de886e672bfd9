using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OrthancCloudFs.Buckets.Transfer;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes that come piece by piece; by the processor's own instruction.</summary>
internal struct Crc32C
{
    private uint _register;

    /// <summary>Of no bytes yet.</summary>
    public Crc32C() => _register = uint.MaxValue;

    /// <summary>More bytes.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        var register = _register;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            register = BitOperations.Crc32C(register, word);
        foreach (var last in bytes[(words.Length * sizeof(ulong))..])
            register = BitOperations.Crc32C(register, last);
        _register = register;
    }

    /// <summary>The value so far as Google writes it: base64 of its four bytes, the highest first.</summary>
    public override readonly string ToString()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ~_register);
        return Convert.ToBase64String(bytes);
    }
}
