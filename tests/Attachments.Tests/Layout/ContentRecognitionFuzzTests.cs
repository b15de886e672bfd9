using System.Buffers.Binary;
using System.Diagnostics;
using OrthancCloudFs.Attachments.Layout;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Layout;

/// <summary>Whatever is written into the file system is looked at: nothing may throw, hang or allocate by a claimed length.</summary>
public sealed class ContentRecognitionFuzzTests
{
    private const int Rounds = 20_000;
    private const int LongestSample = 64 * 1024;
    private const int ShortestDamaged = 144;

    private static readonly uint[] InterestingLengths =
        [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0xE000_FFFE, 0x0010_7FE0];

    [Fact]
    public void Damaged_files_are_recognised_as_something()
    {
        byte[][] samples =
            [.. SampleDicomFiles.All.Select(file => File.ReadAllBytes(file.Path)).Where(file => file.Length <= LongestSample)];
        var random = new Random(20260101);
        var slowest = TimeSpan.Zero;
        int heads = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = Damage(samples[random.Next(samples.Length)], random);
            ContentKind kind = RecognizeWithinBounds(damaged, ref slowest);
            Assert.True(kind is ContentKind.Dicom or ContentKind.DicomUntilPixelData || !HasMagic(damaged));
            heads += kind == ContentKind.DicomUntilPixelData ? 1 : 0;
        }

        // Both answers occur, so the damage reaches behind the first element.
        Assert.InRange(heads, 10, Rounds / 2);
        Assert.True(slowest < TimeSpan.FromSeconds(2), $"The slowest took {slowest}.");
    }

    [Fact]
    public void Random_bytes_are_recognised_as_something()
    {
        var random = new Random(20260102);
        var slowest = TimeSpan.Zero;
        byte[] meta = DicomBytes.File("1.2.840.10008.1.2").ToArray();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] noise = new byte[random.Next(4096)];
            random.NextBytes(noise);
            RecognizeWithinBounds(noise, ref slowest);
            RecognizeWithinBounds([.. meta, .. noise], ref slowest);
        }

        Assert.True(slowest < TimeSpan.FromSeconds(2), $"The slowest took {slowest}.");
    }

    private static bool HasMagic(byte[] bytes) => bytes.Length >= 132 && bytes.AsSpan(128, 4).SequenceEqual("DICM"u8);

    private static ContentKind RecognizeWithinBounds(byte[] bytes, ref TimeSpan slowest)
    {
        using var content = new MemoryStream(bytes, writable: false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        ContentKind kind = ContentRecognition.Recognize(content);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
        slowest = elapsed > slowest ? elapsed : slowest;
        return kind;
    }

    private static byte[] Damage(byte[] sample, Random random)
    {
        byte[] bytes = sample[..random.Next(Math.Min(sample.Length, ShortestDamaged), sample.Length + 1)];
        for (int i = random.Next(1, 8); i > 0 && bytes.Length > ShortestDamaged; i--)
        {
            // The headers lie in the first few kilobytes; behind them is mostly pixel data.
            int at = random.Next(132, Math.Min(bytes.Length, 4096) - 4);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), InterestingLengths[random.Next(InterestingLengths.Length)]);
                    break;
                default:
                    bytes = random.Next(2) == 0 ? bytes[..at] : [.. bytes[..at], .. bytes[random.Next(at, bytes.Length)..]];
                    break;
            }
        }

        return bytes;
    }
}
