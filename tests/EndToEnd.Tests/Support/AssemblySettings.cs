using System.Runtime.Versioning;
using OrthancCloudFs.EndToEnd.Tests.Support;

// Each test runs whole servers, and waits for them half of the time; what is counted is counted for each mount.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 2)]
[assembly: AssemblyFixture(typeof(SharedServers))]
[assembly: SupportedOSPlatform("linux")]
