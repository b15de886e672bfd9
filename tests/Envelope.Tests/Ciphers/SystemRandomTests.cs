using OrthancCloudFs.Envelope.Ciphers;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Ciphers;

public sealed class SystemRandomTests
{
    /// <summary>Above 256 bytes the kernel may answer with less than was asked for.</summary>
    [Fact]
    public void Every_byte_is_filled()
    {
        byte[] bytes = new byte[1 << 20];
        SystemRandom.Fill(bytes);
        for (int start = 0; start < bytes.Length; start += 64)
            Assert.Contains(bytes.AsSpan(start, 64).ToArray(), value => value != 0);

        int[] counts = new int[256];
        foreach (byte value in bytes)
            counts[value]++;
        Assert.All(counts, count => Assert.InRange(count, 3500, 4700)); // 4096 ± 9 standard deviations
    }
}
