using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Layout;

/// <summary>Recognition against real files, with every offset measured by pydicom.</summary>
public sealed class SampleDicomFileTests
{
    // Every pixel data element of the samples begins before it.
    private const int LongestCut = 8192;

    private static IEnumerable<SampleDicomFile> Images =>
        SampleDicomFiles.All.Where(file => file.PixelDataOffset is { } offset && file.HeadEnds.Contains(offset));

    [Fact]
    public void The_samples_cover_images_and_others_in_every_encoding()
    {
        Assert.True(Images.Count() > 60);
        Assert.All(Images, file => Assert.InRange(file.PixelDataOffset!.Value, 1, LongestCut - 1));
        Assert.True(SampleDicomFiles.All.Count(file => file.HeadEnds.Count == 0) > 10);
        Assert.Contains(SampleDicomFiles.All, file => file.Path.EndsWith("MR_small_implicit.dcm", StringComparison.Ordinal));
        Assert.Contains(SampleDicomFiles.All, file => file.Path.EndsWith("MR_small_bigendian.dcm", StringComparison.Ordinal));
        Assert.Contains(SampleDicomFiles.All, file => file.Path.EndsWith("image_dfl.dcm", StringComparison.Ordinal));
    }

    [Fact]
    public void A_whole_file_with_pixel_data_or_without_rows_is_dicom()
    {
        Assert.All(SampleDicomFiles.All.Where(file => file.PixelDataOffset is not null || file.HeadEnds.Count == 0), file =>
            Assert.Equal(ContentKind.Dicom, Recognize(File.ReadAllBytes(file.Path))));
    }

    [Fact]
    public void A_file_cut_exactly_at_its_pixel_data_is_what_Orthanc_writes_beside_it()
    {
        Assert.All(Images, file =>
            Assert.Equal(ContentKind.DicomUntilPixelData, Recognize(File.ReadAllBytes(file.Path).AsMemory(0, file.PixelDataOffset!.Value))));
    }

    [Fact]
    public void A_file_cut_at_any_other_byte_is_not()
    {
        Assert.All(SampleDicomFiles.All, file =>
        {
            byte[] whole = File.ReadAllBytes(file.Path);
            int longest = Math.Min(whole.Length, file.PixelDataOffset + 64 ?? LongestCut);
            IEnumerable<int> found = Enumerable.Range(0, longest + 1)
                .Where(length => Recognize(whole.AsMemory(0, length)) == ContentKind.DicomUntilPixelData);
            Assert.Equal(file.HeadEnds.Where(end => end <= longest), found);
        });
    }

    private static ContentKind Recognize(ReadOnlyMemory<byte> bytes) =>
        ContentRecognition.Recognize(new SegmentStream([bytes]));
}
