using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>
/// Sealing and opening in the envelope A1 with each back end, against what <c>openssl speed</c> gives for the bare cipher. Both are in processor
/// time, which <c>openssl speed</c> counts unless told otherwise: what else runs on the machine hardly shows.
/// </summary>
internal static class CipherBench
{
    private const int BytesPerSample = 64 << 20;

    public static void Run(int rounds, CancellationToken cancellationToken)
    {
        using var keys = new MasterKeyRing(new MasterKey(1, RandomNumberGenerator.GetBytes(32)), []);
        ICipherBackend[] backends = OpenSslBackend.TryCreate() is { } openSsl
            ? [openSsl, new BouncyCastleBackend()]
            : [new BouncyCastleBackend()];
        List<Subject> subjects =
        [
            .. from backend in backends
               from size in new[] { ("64 MB", 64 << 20), ("512 KB", 512 << 10) }
               select new Subject(backend.Name, new A1Envelope(keys, backend), size.Item1, size.Item2),
        ];
        var reference = new Samples();
        foreach (Subject subject in subjects)
            subject.Run(isCounted: false);
        for (int round = 0; round < rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            reference.Add(OpenSslSpeed());
            foreach (Subject subject in subjects)
                subject.Run(isCounted: true);
        }

        var table = new Table(
            $"Envelope A1, in MB per second of processor time; ratio to openssl speed -evp aes-256-gcm -bytes 65536 ({reference.Median:0} MB/s)",
            "back end", "size", "seal", "ratio", "open", "ratio");
        foreach (Subject subject in subjects)
        {
            table.Add(
                subject.Backend,
                subject.SizeName,
                Table.Rate(subject.Seal.Median),
                Table.Ratio(subject.Seal.RatioTo(reference)),
                Table.Rate(subject.Open.Median),
                Table.Ratio(subject.Open.RatioTo(reference)));
        }

        table.Print();
    }

    /// <summary>In MB per second.</summary>
    private static double OpenSslSpeed()
    {
        var start = new ProcessStartInfo("openssl", "speed -mr -evp aes-256-gcm -bytes 65536 -seconds 1")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        // The machine-readable line is +F:NUMBER:NAME:BYTES PER SECOND.
        string line = output.Split('\n').FirstOrDefault(static line => line.StartsWith("+F:", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"openssl speed printed no result: {output}");
        return double.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture) / (1 << 20);
    }

    /// <summary>One back end with content of one length, in pieces as staging memory has them.</summary>
    private sealed class Subject(string backend, A1Envelope envelope, string sizeName, int length)
    {
        private readonly List<Memory<byte>> _content =
            [.. new byte[length].Chunk(StagingMemory.PageSize).Select(static piece => piece.AsMemory())];

        private readonly byte[] _header = new byte[envelope.HeaderLength];
        private readonly byte[] _trailer = new byte[envelope.TrailerLength];

        public string Backend => backend;

        public string SizeName => sizeName;

        public Samples Seal { get; } = new();

        public Samples Open { get; } = new();

        public void Run(bool isCounted)
        {
            TimeSpan sealing = default;
            TimeSpan opening = default;
            int repetitions = BytesPerSample / length;
            for (int i = 0; i < repetitions; i++)
            {
                TimeSpan began = ThreadClock.Now;
                envelope.Seal(_content, _header, _trailer);
                TimeSpan between = ThreadClock.Now;
                envelope.Open(_header, _content, _trailer);
                sealing += between - began;
                opening += ThreadClock.Now - between;
            }

            if (!isCounted)
                return;
            const double megabytes = (double)BytesPerSample / (1 << 20);
            Seal.Add(megabytes / sealing.TotalSeconds);
            Open.Add(megabytes / opening.TotalSeconds);
        }
    }
}
