using OrthancCloudFs.Benchmarks.Serving;

namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>What operations on one mount cost its server, summed up over rounds.</summary>
internal sealed class MountUsage(string mount)
{
    private readonly SortedDictionary<string, long> _kernel = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _bucket = new(StringComparer.Ordinal);
    private long _files;
    private double _allocated;
    private double _processorSeconds;

    /// <summary>Adds what was counted between two moments. FORGET is left out: the kernel sends it whenever it drops a cached name.</summary>
    public void Add(ServerCounters before, ServerCounters after, int files)
    {
        AddTo(_kernel, before.Mounts[mount].KernelRequests, after.Mounts[mount].KernelRequests);
        AddTo(_bucket, before.Mounts[mount].BucketRequests, after.Mounts[mount].BucketRequests);
        _files += files;
        _allocated += after.AllocatedBytes - before.AllocatedBytes;
        _processorSeconds += after.ProcessorSeconds - before.ProcessorSeconds;
    }

    /// <summary>All requests of the kernel for one file.</summary>
    public string KernelTotal => $"{PerFile(_kernel.Values.Sum()):0.0}";

    /// <summary>Requests of the kernel for one file, by name.</summary>
    public string Kernel => Describe(_kernel);

    /// <summary>Attempts on the bucket for one file, by name.</summary>
    public string Bucket => Describe(_bucket);

    /// <summary>Bytes allocated on the server's managed heap for one file, in KB, without the copy that the memory bucket keeps.</summary>
    public string AllocatedKilobytes(int keptByBucket) => $"{(PerFile(_allocated) - keptByBucket) / 1024:0.0}";

    /// <summary>Processor time of the server for one file, in milliseconds.</summary>
    public string ProcessorMilliseconds => $"{PerFile(_processorSeconds) * 1000:0.00}";

    private static void AddTo(SortedDictionary<string, long> sums, IReadOnlyDictionary<string, long> before, IReadOnlyDictionary<string, long> after)
    {
        foreach ((string name, long count) in after)
        {
            long difference = count - before.GetValueOrDefault(name);
            if (difference != 0 && name is not ("FORGET" or "BATCHFORGET"))
                sums[name] = sums.GetValueOrDefault(name) + difference;
        }
    }

    private string Describe(SortedDictionary<string, long> sums) =>
        sums.Count == 0 ? "none" : string.Join(", ", sums.Select(sum => $"{sum.Key} {PerFile(sum.Value):0.##}"));

    private double PerFile(double sum) => sum / _files;
}
