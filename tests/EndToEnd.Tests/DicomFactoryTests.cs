using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>An independent reader, DCMTK's, accepts what the factory makes.</summary>
public sealed class DicomFactoryTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(DicomFactory.MinimumLength)]
    [InlineData(4098)]
    [InlineData(3 << 20)]
    public async Task Images_are_valid_and_of_the_wanted_length(int length)
    {
        DicomInstance image = new DicomFactory(seed: 10).Create(length);
        Assert.Equal(length, image.Bytes.Length);
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, image.Bytes);
            CommandResult dump = (await ExternalProgram.RunAsync("dcmdump", file)).Succeeded("dcmdump");
            Assert.DoesNotMatch("(?m)^[WE]:", dump.Errors);
            Assert.Contains($"[{image.PatientName}]", dump.Output);
            Assert.Contains($"[{image.SopInstanceUid}]", dump.Output);
            Assert.Contains("PixelData", dump.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
