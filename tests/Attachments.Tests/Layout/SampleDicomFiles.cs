using System.Diagnostics;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Layout;

/// <summary>A DICOM file as pydicom reads it.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="PixelDataOffset">Where its element (7FE0,0010) begins; null where it has none.</param>
/// <param name="HeadEnds">
/// Every length at which the file, cut off, is an image that ends with an element: the ends of top-level elements from Rows on, up to
/// <paramref name="PixelDataOffset"/>. Empty where there is no Rows, where the dataset is deflated, and where its encoding contradicts the
/// transfer syntax.
/// </param>
public sealed record SampleDicomFile(string Path, int? PixelDataOffset, IReadOnlyList<int> HeadEnds);

/// <summary>The files that Debian's package python3-pydicom carries, measured by pydicom itself.</summary>
public static class SampleDicomFiles
{
    // Debian installs the package for the distribution's own interpreter, which need not be the first one in PATH.
    private const string Python = "/usr/bin/python3";

    private const string Missing = "These tests read the DICOM files of Debian's package python3-pydicom; is it installed?";

    /// <summary>Names a file with what the script has said already, for systems that do not run it.</summary>
    private const string Variable = "ORTHANC_CLOUDFS_TEST_DICOM_SAMPLES";

    private static readonly Lazy<IReadOnlyList<SampleDicomFile>> Files = new(Load);

    /// <summary>All files with the prefix <c>DICM</c>.</summary>
    public static IReadOnlyList<SampleDicomFile> All => Files.Value;

    private static List<SampleDicomFile> Load()
    {
        string[] lines = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? File.ReadAllLines(file) : Measure();
        return [.. lines.Select(Parse)];
    }

    private static string[] Measure()
    {
        Assert.True(File.Exists(Python), $"{Missing} There is no {Python}.");
        var start = new ProcessStartInfo(Python, [Path.Combine(AppContext.BaseDirectory, "Layout", "measure_samples.py")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Python} did not start.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{Missing} {Python} said: {errors.Result}");
        return lines;
    }

    private static SampleDicomFile Parse(string line)
    {
        string[] fields = line.Split('\t');
        int offset = int.Parse(fields[1]);
        int[] ends = [.. fields[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        return new SampleDicomFile(fields[0], offset < 0 ? null : offset, ends);
    }
}
