using System.Collections.Concurrent;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit.Chaos;

/// <summary>
/// A bucket in front of another in which anything may happen to any request, in good spells and bad ones. Counts what it did. Does not own
/// <paramref name="inner"/>. Thread-safe.
/// </summary>
/// <param name="inner">Where requests go that are served.</param>
/// <param name="seed">Of the dice; who asks in which order is not its matter.</param>
/// <param name="stall">How long a stall lasts.</param>
/// <param name="pause">How long everything else takes that is not at once.</param>
public sealed class ChaosBucket(IBucket inner, int seed, TimeSpan stall, TimeSpan pause) : IBucket
{
    /// <summary>So many requests long is a spell.</summary>
    private const int SpellLength = 100;

    /// <summary>How often each fault comes, among requests that have one. A stall takes so long that few of them fill the time.</summary>
    private static readonly ChaosFault[] Mix =
    [
        .. Enumerable.Repeat(ChaosFault.Unavailable, 3), .. Enumerable.Repeat(ChaosFault.TooManyRequests, 3),
        .. Enumerable.Repeat(ChaosFault.Timeout, 3), .. Enumerable.Repeat(ChaosFault.Reset, 4),
        .. Enumerable.Repeat(ChaosFault.Truncated, 4), .. Enumerable.Repeat(ChaosFault.WrongChecksum, 4),
        .. Enumerable.Repeat(ChaosFault.LostAnswer, 6), ChaosFault.Stall,
    ];

    /// <summary>The share of requests with a fault in a spell; the last one is all but an outage.</summary>
    private static readonly double[] Spells = [0.02, 0.05, 0.15, 0.3, 0.3, 0.5, 0.95];

    private readonly ConcurrentDictionary<ChaosFault, int> _faults = new();
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private volatile bool _isCalm;
    private double _share;
    private int _requests;

    /// <inheritdoc/>
    public string Description => $"chaotic {inner.Description}";

    /// <inheritdoc/>
    public PartLimits PartLimits => inner.PartLimits;

    /// <inheritdoc/>
    public int MaxKeysPerDelete => inner.MaxKeysPerDelete;

    /// <summary>Requests so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What happened to them.</summary>
    public IReadOnlyDictionary<ChaosFault, int> Faults => _faults;

    /// <summary>From now on every request is served.</summary>
    public void Calm() => _isCalm = true;

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        RunAsync($"head {key}", () => inner.HeadAsync(key, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        string what = $"get {key}";
        ChaosFault fault = Roll();
        return fault switch
        {
            ChaosFault.Truncated => inner.GetAsync(key, options, new PlacedTarget(length => new TruncatingTarget(key, target, Dice(length))), cancellationToken),
            ChaosFault.WrongChecksum => inner.GetAsync(key, options, new PlacedTarget(length => new FlippingTarget(target, Dice(length), (int)Dice(8))), cancellationToken),
            _ => RunAsync(fault, what, () => inner.GetAsync(key, options, target, cancellationToken), cancellationToken),
        };
    }

    /// <inheritdoc/>
    public Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync($"put {key}", () => Done(inner.PutAsync(key, source, options, cancellationToken)), cancellationToken);

    /// <inheritdoc/>
    public Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        // An upload whose name was lost nobody can ever abort: that is for the bucket's own rules, and no matter of the store's.
        ChaosFault fault = Roll();
        return RunAsync(
            fault is ChaosFault.LostAnswer or ChaosFault.Stall ? ChaosFault.Reset : fault,
            $"begin the upload of {key}",
            () => inner.BeginUploadAsync(key, options, cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken) =>
        RunAsync(
            $"put part {place.Number} of {key}", () => inner.PutPartAsync(key, uploadId, place, source, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken) =>
        RunAsync(
            $"complete the upload of {key}",
            () => Done(inner.CompleteUploadAsync(key, uploadId, parts, options, cancellationToken)),
            cancellationToken);

    /// <inheritdoc/>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        RunAsync($"abort the upload of {key}", () => Done(inner.AbortUploadAsync(key, uploadId, cancellationToken)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken) =>
        RunAsync($"copy {source.Key}", () => inner.CopyAsync(source, newKey, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        RunAsync($"delete {key}", () => Done(inner.DeleteAsync(key, cancellationToken)), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        string what = $"delete {keys.Count} objects";
        ChaosFault fault = Roll();
        if (fault != ChaosFault.LostAnswer || Dice(2) == 0)
            return await RunAsync(fault, what, () => inner.DeleteManyAsync(keys, cancellationToken), cancellationToken);
        bool[] isDone = [.. keys.Select(_ => Dice(2) == 0)];
        await inner.DeleteManyAsync([.. keys.Where((_, i) => isDone[i])], cancellationToken);
        return [.. isDone.Select((done, i) => done ? null : Failure(BucketErrorKind.ProviderFailure, $"delete {keys[i]}"))];
    }

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken) =>
        RunAsync($"list {prefix}", () => inner.ListAsync(prefix, delimiter, pageToken, maxKeys, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }

    private static BucketException Failure(BucketErrorKind kind, string what, TimeSpan? retryAfter = null) =>
        new(kind, $"{what}: chaos ({kind})") { RetryAfter = retryAfter };

    private Task<T> RunAsync<T>(string what, Func<Task<T>> request, CancellationToken cancellationToken) =>
        RunAsync(Roll(), what, request, cancellationToken);

    private async Task<T> RunAsync<T>(ChaosFault fault, string what, Func<Task<T>> request, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case ChaosFault.Unavailable:
                throw Failure(BucketErrorKind.Throttled, what);
            case ChaosFault.TooManyRequests:
                throw Failure(BucketErrorKind.Throttled, what, pause);
            case ChaosFault.Timeout:
                await Task.Delay(pause, cancellationToken);
                throw Failure(BucketErrorKind.Timeout, what);
            case ChaosFault.Reset:
                throw Failure(BucketErrorKind.Network, what);
            case ChaosFault.Truncated:
                throw Failure(BucketErrorKind.Truncated, what);
            case ChaosFault.WrongChecksum:
                throw Failure(BucketErrorKind.ChecksumMismatch, what);
            case ChaosFault.LostAnswer:
                await request();
                throw Failure(Dice(2) == 0 ? BucketErrorKind.Network : BucketErrorKind.Timeout, what);
            case ChaosFault.Stall when Dice(2) == 0:
                T answer = await request();
                await Task.Delay(stall, cancellationToken);
                return answer;
            case ChaosFault.Stall:
                await Task.Delay(stall, cancellationToken);
                return await request();
            default:
                return await request();
        }
    }

    private ChaosFault Roll()
    {
        ChaosFault fault = ChaosFault.None;
        lock (_lock)
        {
            if (_requests++ % SpellLength == 0)
                _share = Spells[_random.Next(Spells.Length)];
            if (!_isCalm && _random.NextDouble() < _share)
                fault = Mix[_random.Next(Mix.Length)];
        }

        _faults.AddOrUpdate(fault, 1, (_, count) => count + 1);
        return fault;
    }

    private long Dice(long sides)
    {
        lock (_lock)
            return _random.NextInt64(Math.Max(1, sides));
    }

    /// <summary>Knows where in the body something is to happen when the length of the body is known.</summary>
    private sealed class PlacedTarget(Func<long, IDownloadTarget> place) : IDownloadTarget
    {
        private IDownloadTarget? _target;

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken) =>
            (_target = place(length)).BeginAsync(info, length, cancellationToken);

        public Memory<byte> GetBuffer() => _target!.GetBuffer();

        public void Advance(int count) => _target!.Advance(count);
    }
}
