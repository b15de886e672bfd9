using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Tests.Layout;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>
/// Whatever somebody stores: the input as it is, and as what follows the preamble of a DICOM file. A dataset that ends before its pixel data
/// does so at one place alone.
/// </summary>
internal sealed class DicomTarget : FuzzTarget
{
    private const string ImplicitLittleEndian = "1.2.840.10008.1.2";
    private const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";
    private const string ExplicitBigEndian = "1.2.840.10008.1.2.2";
    private const uint Sequence = 0x0008_1140;
    private const uint PixelData = 0x7FE0_0010;

    private static readonly byte[] Preamble = [.. new byte[128], .. "DICM"u8];

    public override string Name => "dicom";

    public override IEnumerable<byte[]> Seeds =>
    [
        Behind(DicomBytes.File(ExplicitLittleEndian).Rows()),
        Behind(DicomBytes.File(ExplicitLittleEndian).Rows().Element(PixelData, "OW", [1, 2])),
        Behind(DicomBytes.File(ImplicitLittleEndian, DicomEncoding.ImplicitLittleEndian).Rows()),
        Behind(DicomBytes.File(ExplicitBigEndian, DicomEncoding.ExplicitBigEndian).Rows()),
        Behind(DicomBytes.File("1.2.840.10008.1.2.1.99").Raw([0x63, 0x60, 0])),
        Behind(DicomBytes.File(ExplicitLittleEndian).Header(Sequence, "SQ", DicomBytes.Undefined)
            .Item(DicomBytes.Undefined).Element(0x0008_1150, "UI", [0x31, 0]).EndItem().Item(0).EndSequence().Rows()),
        Behind(DicomBytes.File(ExplicitLittleEndian).Header(Sequence, "UN", DicomBytes.Undefined)
            .Raw(new DicomBytes(DicomEncoding.ImplicitLittleEndian).Item(4).Raw([1, 2, 3, 4]).EndSequence().ToArray()).Rows()),
        [.. " { \"a\" : 1 }"u8],
        [],
    ];

    public override IEnumerable<string> Dictionary =>
        [ImplicitLittleEndian, ExplicitLittleEndian, ExplicitBigEndian, "DICM", "UN", "SQ", "OW", "\u00FF\u00FF\u00FF\u00FF", "\u0028\0\u0010\0", "\u00FE\u00FF\0\u00E0"];

    /// <summary>Nothing of the content is kept.</summary>
    protected override long AllocationPerByte => 8;

    protected override void Parse(byte[] input)
    {
        Recognize(input);
        byte[] file = [.. Preamble, .. input];
        ContentKind kind = Recognize(file);
        Require(kind is ContentKind.Dicom or ContentKind.DicomUntilPixelData, $"a DICOM file is taken for {kind}");
        if (kind == ContentKind.Dicom)
            return;
        Require(Recognize(file[..^1]) == ContentKind.Dicom, "the last element may be cut off");
        Require(Recognize([.. file, 0]) == ContentKind.Dicom, "something may follow the last element");
    }

    private static byte[] Behind(DicomBytes file) => file.ToArray()[Preamble.Length..];

    private static ContentKind Recognize(byte[] bytes)
    {
        using var content = new MemoryStream(bytes, writable: false);
        ContentKind kind = ContentRecognition.Recognize(content);
        ContentKind start = ContentRecognition.RecognizeStart(bytes.AsSpan(0, Math.Min(bytes.Length, ContentRecognition.PrefixLength)));
        Require(start == kind || kind == ContentKind.DicomUntilPixelData, $"its start is taken for {start}, all of it for {kind}");
        return kind;
    }
}
