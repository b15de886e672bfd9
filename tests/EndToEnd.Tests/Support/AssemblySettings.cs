using OrthancCloudFs.EndToEnd.Tests.Support;

// Each test runs whole servers, and some count requests: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(SharedGateway))]
