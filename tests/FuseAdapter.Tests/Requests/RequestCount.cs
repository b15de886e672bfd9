using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.FuseAdapter.Tests.Requests;

/// <summary>Requests of kernel and bucket that some calls cost.</summary>
public sealed record RequestCount(IReadOnlyDictionary<string, long> Kernel, IReadOnlyDictionary<BucketOperation, int> Bucket)
{
    /// <summary>Requests that the kernel waits for; FORGET needs no answer and comes whenever it likes.</summary>
    public long KernelTotal => Kernel.Where(count => !count.Key.Contains("FORGET", StringComparison.Ordinal)).Sum(count => count.Value);

    /// <summary>Look-ups of every kind: HEAD, LIST and GET.</summary>
    public int LookUps => Of(BucketOperation.Head) + Of(BucketOperation.List) + Of(BucketOperation.Get);

    /// <summary>Requests of one kind to the bucket.</summary>
    public int Of(BucketOperation operation) => Bucket.GetValueOrDefault(operation);

    /// <summary>Counts what <paramref name="calls"/> cost.</summary>
    public static async Task<(RequestCount Count, IReadOnlyList<CallResult> Results)> MeasureAsync(StorageMount mount,
        IEnumerable<string> calls)
    {
        IReadOnlyDictionary<string, long> before = mount.Session.Counters.RequestsByOperation;
        mount.Bucket.ClearCalls();
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(calls);
        await Task.Delay(200); // RELEASE comes after close has returned
        await Eventually.TrueAsync(() => mount.Store.Counters.PendingDeletes == 0); // and the delete after unlink
        var kernel = mount.Session.Counters.RequestsByOperation
            .Select(count => (count.Key, Count: count.Value - before.GetValueOrDefault(count.Key)))
            .Where(count => count.Count > 0)
            .ToDictionary(count => count.Key, count => count.Count, StringComparer.Ordinal);
        return (new RequestCount(kernel,
            mount.Bucket.Calls.GroupBy(call => call.Operation).ToDictionary(group => group.Key, group => group.Count())), results);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{KernelTotal,2} kernel ({string.Join(", ", Kernel.Select(count => $"{count.Key} {count.Value}"))}); "
        + $"{Bucket.Values.Sum()} bucket ({string.Join(", ", Bucket.Select(count => $"{count.Key} {count.Value}"))})";
}
