using System.Runtime.Versioning;
using OrthancCloudFs.EndToEnd.Tests.Support;

// Each test runs whole servers, and some count requests: one after the other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(SharedServers))]
[assembly: SupportedOSPlatform("linux")]
