using System.Buffers.Binary;

namespace OrthancCloudFs.Attachments.Layout;

/// <summary>How the elements of a DICOM dataset are written (PS3.5 section 7.1).</summary>
internal enum DicomEncoding
{
    /// <summary>The value representation is written out; the usual case.</summary>
    ExplicitLittleEndian,

    /// <summary>The value representation is left to the reader's dictionary.</summary>
    ImplicitLittleEndian,

    /// <summary>As the usual case, with swapped bytes; retired from the standard in 2006.</summary>
    ExplicitBigEndian,
}

/// <summary>The header of an element, item or delimiter.</summary>
/// <param name="Tag">Group in the high and element in the low 16 bits.</param>
/// <param name="Length">Bytes of the value; <see cref="UndefinedLength"/> where a delimiter ends it.</param>
/// <param name="IsUnknown">True for the explicit value representation <c>UN</c>.</param>
internal readonly record struct DicomElement(uint Tag, uint Length, bool IsUnknown)
{
    public const uint UndefinedLength = uint.MaxValue;
}

/// <summary>
/// Steps through the elements of a DICOM dataset (PS3.5 chapter 7) without reading their values. Every failure, from truncation to
/// nonsense, is a <c>false</c>, after which the reader is of no further use.
/// </summary>
internal sealed class DicomElementReader(Stream content)
{
    // Bounds for hostile or damaged content. Real datasets nest a handful of levels deep; the largest ones, multi-frame images with a
    // description of every frame, have some hundred thousand elements.
    private const int MaxDepth = 64;
    private const int MaxHeaders = 1 << 20;

    private const ushort DelimiterGroup = 0xFFFE;
    private const uint Item = 0xFFFE_E000;
    private const uint ItemDelimitation = 0xFFFE_E00D;
    private const uint SequenceDelimitation = 0xFFFE_E0DD;

    private readonly long _end = content.Length;
    private int _headers;

    /// <summary>True when nothing follows.</summary>
    public bool AtEnd => content.Position >= _end;

    /// <summary>Reads the tag of the next element and stays in front of it.</summary>
    public bool TryPeekTag(DicomEncoding encoding, out uint tag)
    {
        long start = content.Position;
        bool present = TryReadTag(encoding, out tag);
        content.Position = start;
        return present;
    }

    /// <summary>Reads up to the value of the next element.</summary>
    public bool TryReadHeader(DicomEncoding encoding, out DicomElement element)
    {
        element = default;
        if (++_headers > MaxHeaders || !TryReadTag(encoding, out uint tag))
            return false;

        // Items and delimiters have no value representation in any encoding (PS3.5 section 7.5).
        bool isUnknown = false;
        bool present = encoding == DicomEncoding.ImplicitLittleEndian || tag >> 16 == DelimiterGroup
            ? TryReadUInt32(encoding, out uint length)
            : TryReadRepresentationAndLength(encoding, out isUnknown, out length);
        element = new DicomElement(tag, length, isUnknown);
        return present;
    }

    /// <summary>Reads a value as it is.</summary>
    public bool TryReadValue(Span<byte> value) => content.ReadAtLeast(value, value.Length, throwOnEndOfStream: false) == value.Length;

    /// <summary>Passes the value of an element whose header was read just before.</summary>
    public bool TrySkipValue(DicomElement element, DicomEncoding encoding) => TrySkipValue(element, encoding, depth: 0);

    private static uint ToUInt32(ReadOnlySpan<byte> bytes, DicomEncoding encoding) => encoding == DicomEncoding.ExplicitBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ushort ToUInt16(ReadOnlySpan<byte> bytes, DicomEncoding encoding) => encoding == DicomEncoding.ExplicitBigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes)
        : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    /// <summary>PS3.5 table 7.1-2; every other representation, those still to come included, has a 32-bit length.</summary>
    private static bool HasShortLength(ReadOnlySpan<byte> representation) => (representation[0], representation[1]) switch
    {
        ((byte)'A', (byte)'E' or (byte)'S' or (byte)'T') => true,
        ((byte)'C', (byte)'S') => true,
        ((byte)'D', (byte)'A' or (byte)'S' or (byte)'T') => true,
        ((byte)'F', (byte)'D' or (byte)'L') => true,
        ((byte)'I', (byte)'S') => true,
        ((byte)'L', (byte)'O' or (byte)'T') => true,
        ((byte)'P', (byte)'N') => true,
        ((byte)'S', (byte)'H' or (byte)'L' or (byte)'S' or (byte)'T') => true,
        ((byte)'T', (byte)'M') => true,
        ((byte)'U', (byte)'I' or (byte)'L' or (byte)'S') => true,
        _ => false,
    };

    private bool TryReadRepresentationAndLength(DicomEncoding encoding, out bool isUnknown, out uint length)
    {
        isUnknown = false;
        length = 0;
        Span<byte> bytes = stackalloc byte[4];
        if (!TryReadValue(bytes))
            return false;
        ushort lengthOrReserved = ToUInt16(bytes[2..], encoding);
        if (HasShortLength(bytes))
        {
            length = lengthOrReserved;
            return true;
        }

        isUnknown = bytes.StartsWith("UN"u8);
        return lengthOrReserved == 0 && TryReadUInt32(encoding, out length);
    }

    private bool TrySkipValue(DicomElement element, DicomEncoding encoding, int depth)
    {
        if (element.Length != DicomElement.UndefinedLength)
            return TrySkip(element.Length);

        // An unknown element of undefined length is a sequence in implicit little endian, whatever surrounds it (PS3.5 section 6.2.2).
        return TrySkipItems(element.IsUnknown ? DicomEncoding.ImplicitLittleEndian : encoding, depth + 1);
    }

    private bool TrySkipItems(DicomEncoding encoding, int depth)
    {
        if (depth > MaxDepth)
            return false;
        while (TryReadHeader(encoding, out DicomElement item))
        {
            if (item.Tag == SequenceDelimitation)
                return item.Length == 0;
            if (item.Tag != Item)
                return false;
            bool skipped = item.Length == DicomElement.UndefinedLength ? TrySkipElements(encoding, depth) : TrySkip(item.Length);
            if (!skipped)
                return false;
        }

        return false;
    }

    private bool TrySkipElements(DicomEncoding encoding, int depth)
    {
        while (TryReadHeader(encoding, out DicomElement element))
        {
            if (element.Tag == ItemDelimitation)
                return element.Length == 0;
            if (element.Tag >> 16 == DelimiterGroup || !TrySkipValue(element, encoding, depth))
                return false;
        }

        return false;
    }

    private bool TrySkip(uint count)
    {
        if (count > _end - content.Position)
            return false;
        content.Position += count;
        return true;
    }

    private bool TryReadTag(DicomEncoding encoding, out uint tag)
    {
        Span<byte> bytes = stackalloc byte[4];
        bool present = TryReadValue(bytes);
        tag = ((uint)ToUInt16(bytes, encoding) << 16) | ToUInt16(bytes[2..], encoding);
        return present;
    }

    private bool TryReadUInt32(DicomEncoding encoding, out uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        bool present = TryReadValue(bytes);
        value = ToUInt32(bytes, encoding);
        return present;
    }
}
