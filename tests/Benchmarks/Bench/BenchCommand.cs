using System.CommandLine;
using OrthancCloudFs.Benchmarks.Serving;

namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary><c>bench</c>: everything that is compared, in one run and in alternation.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Measured rounds of each case", DefaultValueFactory = _ => 3 };
        var disk = new Option<string>("--disk")
        {
            Description = "A folder on the local disk to compare with",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var command = new Command("bench", "Store, read and delete through the mount against tmpfs and disk; ciphers against openssl; knobs.")
        {
            rounds, disk,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(rounds), parsed.GetValue(disk)!, cancellationToken));
        return command;
    }

    private static async Task RunAsync(int rounds, string disk, CancellationToken cancellationToken)
    {
        Console.WriteLine($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm}Z, {Environment.ProcessorCount} processors, {Environment.OSVersion.VersionString}, "
            + $"{rounds} rounds. Compare figures within a line only: the machine is shared.");
        await BenchFilesAsync(rounds, disk, cancellationToken).ConfigureAwait(false);
        CipherBench.Run(rounds, cancellationToken);
        await KnobBench.RunAsync(rounds, cancellationToken).ConfigureAwait(false);
    }

    private static async Task BenchFilesAsync(int rounds, string disk, CancellationToken cancellationToken)
    {
        const string tmpfs = "/dev/shm";
        string tmpfsFolder = Path.Combine(tmpfs, Path.GetRandomFileName());
        string diskFolder = Path.Combine(disk, Path.GetRandomFileName());
        Directory.CreateDirectory(tmpfsFolder);
        Directory.CreateDirectory(diskFolder);
        try
        {
            ServerProcess server = await ServerProcess.StartAsync().ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
                await new FileBench(server, tmpfsFolder, diskFolder, rounds).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(tmpfsFolder, recursive: true);
            Directory.Delete(diskFolder, recursive: true);
        }
    }
}
