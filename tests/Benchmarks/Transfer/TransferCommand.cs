using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OrthancCloudFs.Benchmarks.Bench;
using OrthancCloudFs.Benchmarks.Soak;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.Benchmarks.Transfer;

/// <summary>
/// <c>transfer</c>: one large file up and down, by the provider's own SDK and through the mount, on the same server in the same run, with and
/// without a longer line to it.
/// </summary>
internal static class TransferCommand
{
    private const string Scratch = "/dev/shm";
    private const string Attachment = "8f/3f/8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10";
    private const int StagingMegabytes = 512;

    public static Command Create()
    {
        var program = new Option<string>("--program") { Description = "The program that is mounted", DefaultValueFactory = _ => "bin/orthanc-cloudfs" };
        var megabytes = new Option<int>("--megabytes") { Description = "Size of the file", DefaultValueFactory = _ => 1000 };
        var roundTrip = new Option<int>("--round-trip") { Description = "Added round trip of the longer line, in ms", DefaultValueFactory = _ => 20 };
        var command = new Command("transfer", "One large file up and down: the mount against the SDK's own transfer utility.")
        {
            program, megabytes, roundTrip,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Path.GetFullPath(parsed.GetValue(program)!), parsed.GetValue(megabytes), parsed.GetValue(roundTrip), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string program, int megabytes, int roundTrip, CancellationToken cancellationToken)
    {
        var table = new Table(
            $"One file of {megabytes} MB, in MB/s; what the mount writes is encrypted, what it reads authenticated before the first byte",
            "server and SDK", "round trip", "SDK up", "mount up", "ratio", "SDK down", "mount down", "ratio", "mount's requests");
        string folder = Directory.CreateDirectory(Path.Combine(Scratch, Path.GetRandomFileName())).FullName;
        try
        {
            string source = Path.Combine(folder, "source");
            await MakeFileAsync(source, megabytes, cancellationToken).ConfigureAwait(false);
            CephGateway ceph = await CephGateway.StartAsync().ConfigureAwait(false);
            await using (ceph.ConfigureAwait(false))
            {
                foreach (int milliseconds in (int[])[0, roundTrip])
                    await MeasureAsync(await TransferTarget.CreateAsync(ceph, Half(milliseconds)).ConfigureAwait(false), milliseconds).ConfigureAwait(false);
            }

            AzuriteServer azurite = await AzuriteServer.StartAsync().ConfigureAwait(false);
            await using (azurite.ConfigureAwait(false))
            {
                foreach (int milliseconds in (int[])[0, roundTrip])
                    await MeasureAsync(await TransferTarget.CreateAsync(azurite, Half(milliseconds)).ConfigureAwait(false), milliseconds).ConfigureAwait(false);
            }

            table.Print();

            async Task MeasureAsync(TransferTarget target, int milliseconds)
            {
                await using (target.ConfigureAwait(false))
                {
                    (double up, double down) sdk = await MeasureSdkAsync(target, source, megabytes, cancellationToken).ConfigureAwait(false);
                    (double up, double down, string requests) mount =
                        await MeasureMountAsync(target, program, source, folder, megabytes, cancellationToken).ConfigureAwait(false);
                    table.Add(
                        target.Name,
                        $"+{milliseconds} ms",
                        Table.Rate(sdk.up),
                        Table.Rate(mount.up),
                        Table.Ratio(mount.up / sdk.up),
                        Table.Rate(sdk.down),
                        Table.Rate(mount.down),
                        Table.Ratio(mount.down / sdk.down),
                        mount.requests);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static TimeSpan Half(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds / 2.0);
    }

    private static async Task<(double Up, double Down)> MeasureSdkAsync(
        TransferTarget target, string source, int megabytes, CancellationToken cancellationToken)
    {
        string copy = source + ".copy";
        double up = await RateAsync(megabytes, () => target.UploadAsync(source, cancellationToken)).ConfigureAwait(false);
        double down = await RateAsync(megabytes, () => target.DownloadAsync(copy, cancellationToken)).ConfigureAwait(false);
        RequireSame(source, copy);
        return (up, down);
    }

    private static async Task<(double Up, double Down, string Requests)> MeasureMountAsync(
        TransferTarget target, string program, string source, string folder, int megabytes, CancellationToken cancellationToken)
    {
        string copy = source + ".copy";
        MountedProgram mounted = await MountedProgram.StartAsync(program, StagingMegabytes, folder, target.Section).ConfigureAwait(false);
        await using (mounted.ConfigureAwait(false))
        {
            string path = Path.Combine(mounted.MountPoint, Attachment);
            double up = await RateAsync(megabytes, () => CopyAsync(source, path, "conv=fsync")).ConfigureAwait(false);
            double down = await RateAsync(megabytes, () => CopyAsync(path, copy)).ConfigureAwait(false);
            RequireSame(source, copy);
            JsonElement status = (await mounted.TryGetStatusAsync().ConfigureAwait(false))!.Value;
            string requests = string.Join(", ", status.GetProperty("bucketRequests").EnumerateObject()
                .Where(count => count.Value.GetInt64() > 0).Select(count => $"{count.Name} {count.Value}"));
            File.Delete(path);
            return (up, down, requests);
        }

        Task CopyAsync(string from, string to, params string[] options) =>
            RunAsync("dd", [$"if={from}", $"of={to}", "bs=1M", "status=none", .. options], cancellationToken);
    }

    private static async Task<double> RateAsync(int megabytes, Func<Task> transfer)
    {
        long started = Stopwatch.GetTimestamp();
        await transfer().ConfigureAwait(false);
        return megabytes / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task MakeFileAsync(string path, int megabytes, CancellationToken cancellationToken)
    {
        byte[] block = new byte[1_000_000];
        var random = new Random(1);
        FileStream file = File.Create(path);
        await using (file.ConfigureAwait(false))
        {
            for (int i = 0; i < megabytes; i++)
            {
                random.NextBytes(block);
                await file.WriteAsync(block, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void RequireSame(string source, string copy)
    {
        RunAsync("cmp", [source, copy], CancellationToken.None).GetAwaiter().GetResult();
        File.Delete(copy);
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (process.ExitCode != 0)
            throw new IOException($"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}");
    }
}
