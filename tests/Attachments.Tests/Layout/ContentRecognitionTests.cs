using System.Text;
using OrthancCloudFs.Attachments.Layout;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Layout;

public sealed class ContentRecognitionTests
{
    private const string ExplicitLittle = "1.2.840.10008.1.2.1";
    private const string ImplicitLittle = "1.2.840.10008.1.2";
    private const string ExplicitBig = "1.2.840.10008.1.2.2";

    public static TheoryData<string, int> Encodings => new()
    {
        { ExplicitLittle, (int)DicomEncoding.ExplicitLittleEndian },
        { ImplicitLittle, (int)DicomEncoding.ImplicitLittleEndian },
        { ExplicitBig, (int)DicomEncoding.ExplicitBigEndian },
    };

    [Theory]
    [InlineData("{\"0008,0005\":1}")]
    [InlineData("{}")]
    [InlineData(" \r\n\t{ \n\"a\" : {} }")]
    public void An_object_is_json(string text) => Assert.Equal(ContentKind.Json, Recognize(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("{1}")]
    [InlineData("%PDF-1.7")]
    public void Anything_else_is_unknown(string text) => Assert.Equal(ContentKind.Unknown, Recognize(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_preamble_that_looks_like_json_is_still_dicom()
    {
        byte[] file = DicomBytes.File(ExplicitLittle).Element(0x0008_0060, "CS", [65, 65]).ToArray();
        "{\"a\""u8.CopyTo(file);
        Assert.Equal(ContentKind.Dicom, Recognize(file));
    }

    [Fact]
    public void The_magic_alone_is_dicom()
    {
        Assert.Equal(ContentKind.Dicom, Recognize([.. new byte[128], .. "DICM"u8]));
        Assert.Equal(ContentKind.Unknown, Recognize([.. new byte[128], .. "DIC"u8]));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Sequences_of_undefined_length_are_passed_over(string transferSyntax, int encoding)
    {
        DicomBytes file = DicomBytes.File(transferSyntax, (DicomEncoding)encoding).Rows()
            .Header(0x0040_0275, "SQ", DicomBytes.Undefined)
            .Item(DicomBytes.Undefined)
            .Header(0x0040_0008, "SQ", DicomBytes.Undefined).Item(4).Raw([1, 2, 3, 4]).Item(0).EndSequence()
            .Element(0x0040_0009, "SH", [65, 66])
            .EndItem()
            .Item(2).Raw([9, 9])
            .EndSequence();
        byte[] bytes = file.ToArray();
        Assert.Equal(ContentKind.DicomUntilPixelData, Recognize(bytes));
        Assert.Equal(ContentKind.Dicom, Recognize(bytes[..^8]));
        Assert.Equal(ContentKind.Dicom, Recognize(file.Header(0x7FE0_0010, "OW", 2).Raw([0, 0]).ToArray()));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Rows_within_a_sequence_do_not_make_an_image(string transferSyntax, int encoding)
    {
        byte[] file = DicomBytes.File(transferSyntax, (DicomEncoding)encoding)
            .Header(0x0008_1140, "SQ", DicomBytes.Undefined).Item(DicomBytes.Undefined).Rows().EndItem().EndSequence().ToArray();
        Assert.Equal(ContentKind.Dicom, Recognize(file));
    }

    [Theory]
    [InlineData(ExplicitLittle, (int)DicomEncoding.ExplicitLittleEndian)]
    [InlineData(ExplicitBig, (int)DicomEncoding.ExplicitBigEndian)]
    public void Unknown_elements_of_undefined_length_are_implicit_little_endian_inside(string transferSyntax, int encoding)
    {
        byte[] inside = new DicomBytes(DicomEncoding.ImplicitLittleEndian)
            .Item(DicomBytes.Undefined).Element(0x0009_1002, "", [1, 2, 3]).EndItem().EndSequence().ToArray();
        byte[] file = DicomBytes.File(transferSyntax, (DicomEncoding)encoding)
            .Header(0x0009_1001, "UN", DicomBytes.Undefined).Raw(inside).Rows().ToArray();
        Assert.Equal(ContentKind.DicomUntilPixelData, Recognize(file));
    }

    [Fact]
    public void Offset_tables_before_compressed_pixel_data_belong_to_the_head()
    {
        DicomBytes file = DicomBytes.File("1.2.840.10008.1.2.4.90").Rows()
            .Element(0x7FE0_0001, "OV", new byte[8]).Element(0x7FE0_0002, "OV", new byte[8]);
        Assert.Equal(ContentKind.DicomUntilPixelData, Recognize(file.ToArray()));
    }

    [Theory]
    [InlineData(0x7FE0_0008, "OF")]
    [InlineData(0x7FE0_0009, "OD")]
    [InlineData(0x7FE0_0010, "OW")]
    [InlineData(0xFFFC_FFFC, "OB")]
    public void Pixel_data_of_any_kind_and_what_lies_behind_make_a_whole_file(uint tag, string representation)
    {
        DicomBytes file = DicomBytes.File(ExplicitLittle).Rows();
        Assert.Equal(ContentKind.DicomUntilPixelData, Recognize(file.ToArray()));
        Assert.Equal(ContentKind.Dicom, Recognize(file.Element(tag, representation, new byte[8]).ToArray()));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.4.95")]
    [InlineData("1.2.840.10008.1.2.4.205")]
    [InlineData("")]
    public void Deflated_and_nameless_transfer_syntaxes_are_not_looked_into(string transferSyntax) =>
        Assert.Equal(ContentKind.Dicom, Recognize(DicomBytes.File(transferSyntax).Rows().ToArray()));

    [Fact]
    public void Without_a_transfer_syntax_nothing_is_known()
    {
        byte[] file = [.. new byte[128], .. "DICM"u8, .. new DicomBytes().Rows().ToArray()];
        Assert.Equal(ContentKind.Dicom, Recognize(file));
    }

    [Theory]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0xFFFF_FFFEu)]
    [InlineData(5u)]
    public void A_length_beyond_the_end_is_malformed(uint length) => Assert.Equal(
        ContentKind.Dicom,
        Recognize(DicomBytes.File(ExplicitLittle).Rows().Header(0x0029_1010, "OB", length).Raw([1, 2, 3, 4]).ToArray()));

    [Theory]
    [InlineData(64, ContentKind.DicomUntilPixelData)]
    [InlineData(65, ContentKind.Dicom)]
    [InlineData(200_000, ContentKind.Dicom)]
    public void Nesting_is_followed_down_to_a_bound(int depth, ContentKind expected)
    {
        DicomBytes file = DicomBytes.File(ImplicitLittle, DicomEncoding.ImplicitLittleEndian).Rows();
        for (int i = 0; i < depth; i++)
            file.Header(0x0040_0275, "SQ", DicomBytes.Undefined).Item(DicomBytes.Undefined);
        for (int i = 0; i < depth; i++)
            file.EndItem().EndSequence();
        Assert.Equal(expected, Recognize(file.ToArray()));
    }

    [Fact]
    public void Endless_small_elements_are_given_up()
    {
        byte[] start = DicomBytes.File(ImplicitLittle, DicomEncoding.ImplicitLittleEndian).Rows().ToArray();
        Assert.Equal(ContentKind.DicomUntilPixelData, Recognize([.. start, .. new byte[8 * 1000]]));
        Assert.Equal(ContentKind.Dicom, Recognize([.. start, .. new byte[8 << 20]]));
    }

    private static ContentKind Recognize(byte[] bytes) => ContentRecognition.Recognize(new MemoryStream(bytes, writable: false));
}
