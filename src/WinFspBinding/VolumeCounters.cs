using System.Diagnostics;

namespace WinFspBinding;

/// <summary>The operations of a volume, by WinFsp's names.</summary>
internal enum VolumeOperation
{
    GetVolumeInfo,
    GetSecurityByName,
    Create,
    Open,
    Overwrite,
    Cleanup,
    Close,
    Read,
    Write,
    Flush,
    GetFileInfo,
    SetBasicInfo,
    SetFileSize,
    CanDelete,
    Rename,
    GetSecurity,
    ReadDirectory,
}

/// <summary>What a volume has done so far. All members may be read at any time from any thread.</summary>
public sealed class VolumeCounters
{
    private static readonly VolumeOperation[] Operations = Enum.GetValues<VolumeOperation>();

    private readonly long[] _requests = new long[Operations.Length];
    private readonly int _threads;
    private long _failures;
    private long _lastEnd = Stopwatch.GetTimestamp();
    private int _busy;

    internal VolumeCounters(int threads) => _threads = threads;

    /// <summary>Operations by WinFsp's name, for example "Create"; those that occurred.</summary>
    public IReadOnlyDictionary<string, long> RequestsByOperation => Operations
        .Select(operation => (operation, count: Volatile.Read(ref _requests[(int)operation])))
        .Where(counted => counted.count > 0)
        .ToDictionary(counted => counted.operation.ToString(), counted => counted.count, StringComparer.Ordinal);

    /// <summary>Threads of the dispatcher that are in an operation now.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Operations that threw.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>False when all threads of the dispatcher have been in operations for so long, so that nothing is served.</summary>
    public bool IsServing(TimeSpan patience) => Busy < _threads || Stopwatch.GetElapsedTime(Volatile.Read(ref _lastEnd)) < patience;

    internal OperationScope Begin(VolumeOperation operation)
    {
        Interlocked.Increment(ref _requests[(int)operation]);
        Interlocked.Increment(ref _busy);
        return new OperationScope(this);
    }

    internal void CountFailure() => Interlocked.Increment(ref _failures);

    internal void End()
    {
        Volatile.Write(ref _lastEnd, Stopwatch.GetTimestamp());
        Interlocked.Decrement(ref _busy);
    }
}

/// <summary>An operation that runs on a thread of the dispatcher.</summary>
internal readonly struct OperationScope(VolumeCounters counters) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => counters.End();
}
