using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace OrthancCloudFs.TestKit.Orthanc;

/// <summary>One DICOM file and the names in it.</summary>
public sealed record DicomInstance(string SopInstanceUid, string PatientId, string PatientName, byte[] Bytes);

/// <summary>
/// Makes valid DICOM files of any even length, each with UIDs of its own: secondary capture, explicit VR little endian, one frame of random
/// grey pixels (DICOM PS3.5 section 7, PS3.10 section 7).
/// </summary>
public sealed class DicomFactory(int seed)
{
    /// <summary>The shortest file it makes, in bytes.</summary>
    public const int MinimumLength = 2048;

    private const string SecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
    private const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";
    private const string ImplementationClass = "2.25.209131273841265";
    private const int Columns = 512;

    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    /// <summary>A new instance of exactly this many bytes (even, 2 KiB at least), for a new patient or the given one.</summary>
    public DicomInstance Create(int length, string? patientId = null, string patientName = "DOE^JANE")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, MinimumLength);
        if (length % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a DICOM file has an even length");
        string sop = NewUid();
        patientId ??= $"P{sop[^12..]}";
        (string study, string series) = (NewUid(), NewUid());

        // What the rows of pixels do not fill goes into the image comments, at most one row.
        int bare = Write(sop, patientId, patientName, study, series, comments: 0, rows: 0).Length;
        int rows = (length - bare) / Columns;
        int comments = length - bare - rows * Columns;
        return new DicomInstance(sop, patientId, patientName, Write(sop, patientId, patientName, study, series, comments, rows));
    }

    private byte[] Write(string sop, string patientId, string patientName, string study, string series, int comments, int rows)
    {
        var meta = new MemoryStream();
        Element(meta, 0x0002, 0x0001, "OB", [0, 1]);
        Text(meta, 0x0002, 0x0002, "UI", SecondaryCapture);
        Text(meta, 0x0002, 0x0003, "UI", sop);
        Text(meta, 0x0002, 0x0010, "UI", ExplicitLittleEndian);
        Text(meta, 0x0002, 0x0012, "UI", ImplementationClass);

        var file = new MemoryStream();
        file.Write(new byte[128]);
        file.Write("DICM"u8);
        byte[] metaLength = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(metaLength, (uint)meta.Length);
        Element(file, 0x0002, 0x0000, "UL", metaLength);
        meta.WriteTo(file);
        Text(file, 0x0008, 0x0016, "UI", SecondaryCapture);
        Text(file, 0x0008, 0x0018, "UI", sop);
        Text(file, 0x0008, 0x0060, "CS", "OT");
        Text(file, 0x0010, 0x0010, "PN", patientName);
        Text(file, 0x0010, 0x0020, "LO", patientId);
        Text(file, 0x0020, 0x000d, "UI", study);
        Text(file, 0x0020, 0x000e, "UI", series);
        Text(file, 0x0020, 0x4000, "LT", new string('x', comments));
        Number(file, 0x0028, 0x0002, 1);
        Text(file, 0x0028, 0x0004, "CS", "MONOCHROME2");
        Number(file, 0x0028, 0x0010, rows);
        Number(file, 0x0028, 0x0011, Columns);
        Number(file, 0x0028, 0x0100, 8);
        Number(file, 0x0028, 0x0101, 8);
        Number(file, 0x0028, 0x0102, 7);
        Number(file, 0x0028, 0x0103, 0);
        byte[] pixels = new byte[rows * Columns];
        lock (_lock)
            _random.NextBytes(pixels);
        Element(file, 0x7fe0, 0x0010, "OB", pixels);
        return file.ToArray();
    }

    private string NewUid()
    {
        // A UUID as a decimal number below the root 2.25 (DICOM PS3.5 annex B.2).
        byte[] uuid = new byte[16];
        lock (_lock)
            _random.NextBytes(uuid);
        return "2.25." + new BigInteger(uuid, isUnsigned: true).ToString(CultureInfo.InvariantCulture);
    }

    private static void Number(MemoryStream file, ushort group, ushort element, int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)value));
        Element(file, group, element, "US", bytes);
    }

    private static void Text(MemoryStream file, ushort group, ushort element, string representation, string value)
    {
        string padding = value.Length % 2 == 0 ? "" : representation == "UI" ? "\0" : " ";
        Element(file, group, element, representation, Encoding.ASCII.GetBytes(value + padding));
    }

    private static void Element(MemoryStream file, ushort group, ushort element, string representation, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(header, group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element);
        Encoding.ASCII.GetBytes(representation, header[4..]);
        int headerLength = 8;
        if (representation == "OB")
        {
            header[6..8].Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)value.Length);
            headerLength = 12;
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], checked((ushort)value.Length));
        }

        file.Write(header[..headerLength]);
        file.Write(value);
    }
}
