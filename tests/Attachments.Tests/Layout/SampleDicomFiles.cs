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

    // One line a file: path, offset of the pixel data or -1, ends of the elements from Rows on.
    private const string Measure = """
        import os, struct, sys, warnings
        import pydicom
        warnings.simplefilter("ignore")

        def start(data, tag, value, order):
            for header in (8, 12):
                if data[value - header:value - header + 4] == struct.pack(order + "HH", tag >> 16, tag & 0xFFFF):
                    return value - header
            sys.exit(f"{path}: no header of {tag:08x} before {value}")

        for folder, _, names in os.walk(os.path.join(os.path.dirname(pydicom.__file__), "data")):
            for path in sorted(os.path.join(folder, name) for name in names):
                with open(path, "rb") as file:
                    data = file.read()
                if data[128:132] != b"DICM":
                    continue
                dataset = pydicom.dcmread(path)
                uid = dataset.file_meta.get("TransferSyntaxUID")
                pixels, ends = -1, []
                if uid != "1.2.840.10008.1.2.1.99":
                    order = "<" if dataset.is_little_endian else ">"
                    for tag in sorted(dataset.keys()):
                        element = dataset.get_item(tag)
                        value = element.value_tell if hasattr(element, "value_tell") else element.file_tell
                        offset = start(data, tag, value, order)
                        if 0x00280010 < tag <= 0x7FE00010 and "Rows" in dataset:
                            ends.append(offset)
                        if tag == 0x7FE00010:
                            pixels = offset
                            if (value - offset == 8) != (uid == "1.2.840.10008.1.2"):
                                ends = []
                    if ends and pixels < 0:
                        ends.append(len(data))
                print(path, pixels, ",".join(map(str, ends)), sep="\t")
        """;

    private static readonly Lazy<IReadOnlyList<SampleDicomFile>> Files = new(Load);

    /// <summary>All files with the prefix <c>DICM</c>.</summary>
    public static IReadOnlyList<SampleDicomFile> All => Files.Value;

    private static List<SampleDicomFile> Load()
    {
        Assert.True(File.Exists(Python), $"{Missing} There is no {Python}.");
        var start = new ProcessStartInfo(Python, ["-c", Measure])
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
        return [.. lines.Select(Parse)];
    }

    private static SampleDicomFile Parse(string line)
    {
        string[] fields = line.Split('\t');
        int offset = int.Parse(fields[1]);
        int[] ends = [.. fields[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        return new SampleDicomFile(fields[0], offset < 0 ? null : offset, ends);
    }
}
