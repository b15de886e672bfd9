using System.Text;

namespace OrthancCloudFs.Attachments.Layout;

/// <summary>Tells a whole DICOM file from Orthanc's attachment "DICOM until pixel data".</summary>
internal static class DicomDataset
{
    private const ushort FileMetaGroup = 0x0002;
    private const uint TransferSyntaxUid = 0x0002_0010;
    private const uint Rows = 0x0028_0010;

    // (7FE0,0008) Float Pixel Data, (7FE0,0009) Double Float Pixel Data, (7FE0,0010) Pixel Data. What the group holds before them, its
    // length and the extended offset tables, Orthanc still counts to the part before the pixel data.
    private const uint FirstPixelData = 0x7FE0_0008;

    // PS3.5 section 9.1.
    private const int LongestUid = 64;

    /// <summary>
    /// True when the dataset describes an image and ends, exactly at the end of an element, before any pixel data: Orthanc writes those
    /// attachments as the bytes of the file that precede the element (7FE0,0010). Values are skipped, not read; what is malformed,
    /// truncated or deflated is taken for a whole file.
    /// </summary>
    /// <param name="content">Readable and seekable, positioned behind <c>DICM</c>.</param>
    public static bool EndsBeforePixelData(Stream content)
    {
        var reader = new DicomElementReader(content);
        return TryReadFileMeta(reader, out DicomEncoding encoding) && IsImageWithoutPixelData(reader, encoding);
    }

    private static bool IsImageWithoutPixelData(DicomElementReader reader, DicomEncoding encoding)
    {
        bool isImage = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadHeader(encoding, out DicomElement element) || element.Tag >= FirstPixelData
                || !reader.TrySkipValue(element, encoding))
            {
                return false;
            }

            isImage |= element.Tag == Rows;
        }

        return isImage;
    }

    /// <summary>Passes the file meta information (PS3.10 section 7.1), which says how the dataset behind it is encoded.</summary>
    private static bool TryReadFileMeta(DicomElementReader reader, out DicomEncoding encoding)
    {
        const DicomEncoding MetaEncoding = DicomEncoding.ExplicitLittleEndian;
        bool isKnown = false;
        encoding = default;
        while (reader.TryPeekTag(MetaEncoding, out uint tag) && tag >> 16 == FileMetaGroup)
        {
            if (!reader.TryReadHeader(MetaEncoding, out DicomElement element))
                return false;
            if (tag == TransferSyntaxUid)
                isKnown = TryReadTransferSyntax(reader, element.Length, out encoding);
            else if (!reader.TrySkipValue(element, MetaEncoding))
                return false;
        }

        return isKnown;
    }

    /// <summary>Reads which encoding of datasets a transfer syntax (PS3.5 annex A) has; false where it deflates them, or is none.</summary>
    private static bool TryReadTransferSyntax(DicomElementReader reader, uint length, out DicomEncoding encoding)
    {
        encoding = default;
        if (length > LongestUid)
            return false;
        Span<byte> value = stackalloc byte[(int)length];
        if (!reader.TryReadValue(value))
            return false;
        string uid = Encoding.ASCII.GetString(value.TrimEnd("\0 "u8));
        encoding = uid switch
        {
            "1.2.840.10008.1.2" => DicomEncoding.ImplicitLittleEndian,
            "1.2.840.10008.1.2.2" => DicomEncoding.ExplicitBigEndian,
            _ => DicomEncoding.ExplicitLittleEndian,
        };

        // Deflated Explicit VR Little Endian; JPIP Referenced Deflate; JPIP HTJ2K Referenced Deflate.
        return uid is not ("" or "1.2.840.10008.1.2.1.99" or "1.2.840.10008.1.2.4.95" or "1.2.840.10008.1.2.4.205");
    }
}
