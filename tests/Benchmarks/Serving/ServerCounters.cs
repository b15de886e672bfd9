using System.Text.Json.Serialization;

namespace OrthancCloudFs.Benchmarks.Serving;

/// <summary>What the serving process counted since it started.</summary>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap, those of the bucket's objects included.</param>
/// <param name="ProcessorSeconds">Processor time of the process, all threads.</param>
/// <param name="Mounts">Counts of each mount by its name.</param>
internal sealed record ServerCounters(long AllocatedBytes, double ProcessorSeconds, IReadOnlyDictionary<string, MountCounters> Mounts);

/// <summary>What one mount counted: requests of the kernel, attempts on the bucket, both by name.</summary>
internal sealed record MountCounters(IReadOnlyDictionary<string, long> KernelRequests, IReadOnlyDictionary<string, long> BucketRequests);

[JsonSerializable(typeof(ServerCounters))]
internal sealed partial class ServerJson : JsonSerializerContext;
