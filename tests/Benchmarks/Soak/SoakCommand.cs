using System.CommandLine;

namespace OrthancCloudFs.Benchmarks.Soak;

internal static class SoakCommand
{
    public static Command Create() => new("soak");
}
