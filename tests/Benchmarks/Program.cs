using System.CommandLine;
using OrthancCloudFs.Benchmarks.Bench;
using OrthancCloudFs.Benchmarks.Serving;
using OrthancCloudFs.Benchmarks.Soak;

var root = new RootCommand("Measures the mount; see docs/performance.md for how to read the figures.")
{
    BenchCommand.Create(),
    SoakCommand.Create(),
    ServeCommand.Create(),
};
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
