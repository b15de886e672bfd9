using System.Diagnostics;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests;

/// <summary>Exchange of objects with python3-cryptography, in both directions.</summary>
public sealed class IndependentImplementationTests
{
    private static readonly int[] Sizes = [0, 1, 15, 16, 17, 4096, 65537];

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void It_opens_our_objects(string backend)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "python3-cryptography is looked for in Debian's place");
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        foreach (int size in Sizes)
        {
            byte[] content = Objects.RandomBytes(size, size);
            Assert.Equal(content, RunPython("open", Objects.Seal(envelope, content, 5, 1000)));
        }
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void We_open_its_objects(string backend)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "python3-cryptography is looked for in Debian's place");
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        foreach (int size in Sizes)
        {
            byte[] content = Objects.RandomBytes(size, size);
            Assert.Equal(content, Objects.Open(envelope, RunPython("seal", content, "1"), 5, 1000));
        }
    }

    /// <summary>Debian's own interpreter, since its packages are invisible to any other Python on the path.</summary>
    private static byte[] RunPython(string command, byte[] input, params string[] more)
    {
        string inputFile = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(inputFile, input);
            string[] arguments =
            [
                Path.Combine(AppContext.BaseDirectory, "independent_a1.py"), command, inputFile, Convert.ToHexString(Objects.KeyBytes(1)), .. more,
            ];
            string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
            using Process process = Process.Start(new ProcessStartInfo(python, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            Assert.False(
                errors.Result.Contains("No module named 'cryptography'", StringComparison.Ordinal),
                "This test needs python3-cryptography (Debian: apt-get install python3-cryptography).");
            Assert.True(process.ExitCode == 0, errors.Result);
            return output.ToArray();
        }
        finally
        {
            File.Delete(inputFile);
        }
    }
}
