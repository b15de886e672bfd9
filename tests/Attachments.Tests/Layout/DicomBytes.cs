using System.Buffers.Binary;
using System.Text;
using OrthancCloudFs.Attachments.Layout;

namespace OrthancCloudFs.Attachments.Tests.Layout;

/// <summary>Writes DICOM, well-formed or not, element by element.</summary>
internal sealed class DicomBytes(DicomEncoding encoding = DicomEncoding.ExplicitLittleEndian)
{
    public const uint Undefined = uint.MaxValue;

    private readonly MemoryStream _bytes = new();

    /// <summary>A file of that transfer syntax up to the end of its meta information.</summary>
    public static DicomBytes File(string transferSyntax, DicomEncoding encoding = DicomEncoding.ExplicitLittleEndian)
    {
        byte[] uid = Encoding.ASCII.GetBytes(transferSyntax.Length % 2 == 0 ? transferSyntax : transferSyntax + "\0");
        var file = new DicomBytes(encoding);
        file._bytes.Write(new byte[128]);
        file._bytes.Write("DICM"u8);
        file._bytes.Write(new DicomBytes().Element(0x0002_0000, "UL", BitConverter.GetBytes(uid.Length + 8))
            .Element(0x0002_0010, "UI", uid).ToArray());
        return file;
    }

    public DicomBytes Rows() => Element(0x0028_0010, "US", [0, 2]);

    public DicomBytes Element(uint tag, string representation, byte[] value) =>
        Header(tag, representation, (uint)value.Length).Raw(value);

    public DicomBytes Header(uint tag, string representation, uint length)
    {
        Tag(tag);
        if (encoding == DicomEncoding.ImplicitLittleEndian)
            return UInt32(length);
        _bytes.Write(Encoding.ASCII.GetBytes(representation));
        if (representation is "OB" or "OW" or "OF" or "OD" or "OV" or "SQ" or "UN" or "UT")
            return UInt16(0).UInt32(length);
        return UInt16((ushort)length);
    }

    public DicomBytes Item(uint length) => Tag(0xFFFE_E000).UInt32(length);

    public DicomBytes EndItem() => Tag(0xFFFE_E00D).UInt32(0);

    public DicomBytes EndSequence() => Tag(0xFFFE_E0DD).UInt32(0);

    public DicomBytes Raw(byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public byte[] ToArray() => _bytes.ToArray();

    private DicomBytes Tag(uint tag) => UInt16((ushort)(tag >> 16)).UInt16((ushort)tag);

    private DicomBytes UInt16(ushort value)
    {
        byte[] bytes = new byte[2];
        if (encoding == DicomEncoding.ExplicitBigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return Raw(bytes);
    }

    private DicomBytes UInt32(uint value)
    {
        byte[] bytes = new byte[4];
        if (encoding == DicomEncoding.ExplicitBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }
}
