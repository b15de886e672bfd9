using System.CommandLine;
using System.Diagnostics;

namespace OrthancCloudFs.Benchmarks.Soak;

/// <summary>
/// <c>soak</c>: many clients with large files and a small budget; fails when the program takes more memory than it may, or more and more of
/// memory, descriptors or threads.
/// </summary>
internal static class SoakCommand
{
    private const long Megabyte = 1 << 20;

    /// <summary>What the program may take besides its budget: runtime, code, heap, buffers of the bucket.</summary>
    private const long AllowanceMegabytes = 150;

    public static Command Create()
    {
        var program = new Option<string>("--program") { Description = "The program to mount with", DefaultValueFactory = _ => "bin/orthanc-cloudfs" };
        var folder = new Option<string>("--folder")
        {
            Description = "Where bucket and mount point are made, on a local disk",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var clients = new Option<int>("--clients") { Description = "Clients at once", DefaultValueFactory = _ => 50 };
        var fileSize = new Option<int>("--file-size") { Description = "Of each file, in MB", DefaultValueFactory = _ => 20 };
        var budget = new Option<int>("--budget") { Description = "StagingMemory, in MB", DefaultValueFactory = _ => 128 };
        var rounds = new Option<int>("--rounds") { Description = "Files of each client", DefaultValueFactory = _ => 3 };
        var minutes = new Option<int>("--minutes")
        {
            Description = "Rounds go on for so long; 0 for the number of --rounds",
            DefaultValueFactory = _ => 0,
        };
        var command = new Command("soak", "50 clients store 20 MB files, read them back and verify them: is memory within the budget + 150 MB?")
        {
            program, folder, clients, fileSize, budget, rounds, minutes,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Path.GetFullPath(parsed.GetValue(program)!),
            parsed.GetValue(folder)!,
            new SoakSize(
                parsed.GetValue(clients),
                parsed.GetValue(fileSize),
                parsed.GetValue(budget),
                parsed.GetValue(rounds),
                TimeSpan.FromMinutes(parsed.GetValue(minutes))),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string program, string folder, SoakSize size, CancellationToken cancellationToken)
    {
        MountedProgram mounted = await MountedProgram.StartAsync(program, size.BudgetMegabytes, folder).ConfigureAwait(false);
        await using (mounted.ConfigureAwait(false))
        {
            var load = new SoakLoad(mounted.MountPoint, size.Clients, checked((int)(size.FileMegabytes * Megabyte)));
            long began = Stopwatch.GetTimestamp();
            var steadiness = new Steadiness();
            Task work = RunRoundsAsync(mounted, load, size, steadiness, cancellationToken);
            var watch = new MemoryWatch(mounted);
            await watch.WatchAsync(work).ConfigureAwait(false);
            await work.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return Report(size, watch, steadiness, Stopwatch.GetElapsedTime(began));
        }
    }

    private static async Task RunRoundsAsync(
        MountedProgram mounted, SoakLoad load, SoakSize size, Steadiness steadiness, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested
            && (steadiness.Count < size.Rounds || Stopwatch.GetElapsedTime(began) < size.Duration))
        {
            await Task.Run(load.RunRound, CancellationToken.None).ConfigureAwait(false);
            await steadiness.SampleAsync(mounted).ConfigureAwait(false);
        }
    }

    private static int Report(SoakSize size, MemoryWatch watch, Steadiness steadiness, TimeSpan elapsed)
    {
        long limit = (size.BudgetMegabytes + AllowanceMegabytes) * Megabyte;
        string? failure = watch.PeakResident > limit ? "the program took more memory than it may" : steadiness.Growth();
        Console.WriteLine($"load                 {size.Clients} clients, {size.FileMegabytes} MB files, {steadiness.Count} rounds: all "
            + $"{size.Clients * steadiness.Count} stored, read back, verified and deleted in {elapsed.TotalSeconds:0} s");
        Console.WriteLine($"budget               {size.BudgetMegabytes} MB");
        Console.WriteLine($"peak reserved        {InMegabytes(watch.PeakReserved)} of staging, {InMegabytes(watch.PeakKernelBuffers)} of kernel buffers");
        Console.WriteLine($"peak managed heap    {InMegabytes(watch.PeakManagedHeap)}");
        Console.WriteLine($"peak anonymous       {InMegabytes(watch.PeakAnonymous)}");
        Console.WriteLine($"peak resident        {InMegabytes(watch.PeakResident)}, at most {InMegabytes(limit)} (budget + {AllowanceMegabytes} MB)");
        foreach (string line in steadiness.Lines())
            Console.WriteLine(line);
        Console.WriteLine(failure is null ? "PASS" : $"FAIL: {failure}");
        return failure is null ? 0 : 1;
    }

    private static string InMegabytes(long bytes) => $"{bytes / (double)Megabyte:0.0} MB";

    private sealed record SoakSize(int Clients, int FileMegabytes, int BudgetMegabytes, int Rounds, TimeSpan Duration);
}
