using System.Security.Cryptography;

namespace OrthancCloudFs.Benchmarks.Clients;

/// <summary>Content that is taken for a DICOM file by its start, and that neither repeats nor compresses.</summary>
internal static class SampleContent
{
    private const int PreambleBytes = 128;

    public static byte[] Create(int length)
    {
        byte[] content = RandomNumberGenerator.GetBytes(length);
        content.AsSpan(0, PreambleBytes).Clear();
        "DICM"u8.CopyTo(content.AsSpan(PreambleBytes));
        return content;
    }
}
