using System.CommandLine;
using OrthancCloudFs.Benchmarks.Bench;
using OrthancCloudFs.Benchmarks.Serving;
using OrthancCloudFs.Benchmarks.Soak;
using OrthancCloudFs.Benchmarks.Transfer;

var root = new RootCommand("Measures the mount; see docs/performance.md for how to read the figures.")
{
    BenchCommand.Create(),
    SoakCommand.Create(),
    TransferCommand.Create(),
    ServeCommand.Create(),
};

// On SIGTERM and SIGINT the round under way ends first, and folders and mounts are cleared away.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) }).ConfigureAwait(false);
