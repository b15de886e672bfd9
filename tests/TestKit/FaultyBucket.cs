using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit;

/// <summary>
/// A bucket in front of another that fails as told, and remembers every request. The first fitting rule, in the order of
/// <see cref="Inject"/>, hits; a rule that is used up no longer fits. Does not own <paramref name="inner"/>. Thread-safe.
/// </summary>
public sealed class FaultyBucket(IBucket inner) : IBucket
{
    private readonly ConcurrentQueue<BucketCall> _calls = new();
    private ImmutableList<FaultRule> _rules = [];

    /// <inheritdoc/>
    public string Description => $"faulty {inner.Description}";

    /// <inheritdoc/>
    public PartLimits PartLimits => inner.PartLimits;

    /// <inheritdoc/>
    public int MaxKeysPerDelete => inner.MaxKeysPerDelete;

    /// <summary>Every request so far, faults included, in order of arrival.</summary>
    public IReadOnlyList<BucketCall> Calls => [.. _calls];

    /// <summary>How many requests of that kind arrived so far (since <see cref="ClearCalls"/>).</summary>
    public int Count(BucketOperation operation) => _calls.Count(call => call.Operation == operation);

    /// <summary>Forgets the requests so far.</summary>
    public void ClearCalls() => _calls.Clear();

    /// <summary>From now on, <paramref name="fault"/> hits requests of that kind.</summary>
    /// <param name="operation">Which requests.</param>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="keys">Only those keys (prefixes of listings); all when null.</param>
    /// <param name="times">Only so often.</param>
    public FaultRule Inject(BucketOperation operation, Fault fault, Func<string, bool>? keys = null, int times = int.MaxValue)
    {
        var rule = new FaultRule(operation, fault, keys, times);
        ImmutableInterlocked.Update(ref _rules, rules => rules.Add(rule));
        return rule;
    }

    /// <summary>Ends all faults, and lets go on what stalls.</summary>
    public void Heal()
    {
        foreach (var rule in Interlocked.Exchange(ref _rules, []))
            rule.Release();
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        await ArriveAsync(new BucketCall(BucketOperation.Head, key), cancellationToken);
        return await inner.HeadAsync(key, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> GetAsync(string key, GetOptions options, IDownloadTarget target, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.Get, key, options.Range), cancellationToken);
        switch (fault)
        {
            case Fault.Truncating truncating:
                return await inner.GetAsync(key, options, new TruncatingTarget(key, target, truncating.Bytes), cancellationToken);
            case Fault.Flipping flipping:
                return await inner.GetAsync(key, options, new FlippingTarget(target, flipping.ByteOffset, flipping.Bit), cancellationToken);
            default:
                return await inner.GetAsync(key, options, target, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task PutAsync(string key, IUploadSource source, PutOptions options, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.Put, key, Options: options), cancellationToken);
        await inner.PutAsync(key, source, options, cancellationToken);
        if (fault is Fault.Losing)
            throw Lost(BucketOperation.Put, key);
    }

    /// <inheritdoc/>
    public async Task<string> BeginUploadAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.BeginUpload, key, Options: options), cancellationToken);
        var id = await inner.BeginUploadAsync(key, options, cancellationToken);
        return fault is Fault.Losing ? throw Lost(BucketOperation.BeginUpload, key) : id;
    }

    /// <inheritdoc/>
    public async Task<UploadedPart> PutPartAsync(
        string key, string uploadId, PartPlace place, IUploadSource source, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.PutPart, key), cancellationToken);
        var part = await inner.PutPartAsync(key, uploadId, place, source, cancellationToken);
        return fault is Fault.Losing ? throw Lost(BucketOperation.PutPart, key) : part;
    }

    /// <inheritdoc/>
    public async Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<UploadedPart> parts, PutOptions options, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.CompleteUpload, key, Options: options), cancellationToken);
        await inner.CompleteUploadAsync(key, uploadId, parts, options, cancellationToken);
        if (fault is Fault.Losing)
            throw Lost(BucketOperation.CompleteUpload, key);
    }

    /// <inheritdoc/>
    public async Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.AbortUpload, key), cancellationToken);
        await inner.AbortUploadAsync(key, uploadId, cancellationToken);
        if (fault is Fault.Losing)
            throw Lost(BucketOperation.AbortUpload, key);
    }

    /// <inheritdoc/>
    public async Task<bool> CopyAsync(ObjectInfo source, string newKey, CancellationToken cancellationToken)
    {
        await ArriveAsync(new BucketCall(BucketOperation.Copy, source.Key), cancellationToken);
        return await inner.CopyAsync(source, newKey, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.Delete, key), cancellationToken);
        await inner.DeleteAsync(key, cancellationToken);
        if (fault is Fault.Losing)
            throw Lost(BucketOperation.Delete, key);
    }

    /// <inheritdoc/>
    /// <remarks>What hits the whole request are the rules of <see cref="BucketOperation.DeleteMany"/>; those of single keys are the rules of deletes.</remarks>
    public async Task<IReadOnlyList<BucketException?>> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var fault = await ArriveAsync(new BucketCall(BucketOperation.DeleteMany, string.Join('\n', keys)), cancellationToken);
        var rules = _rules;
        var failures = keys.Select(key => rules.Find(rule => rule.Fault is Fault.Failing && rule.TryHit(BucketOperation.Delete, key))?.Fault)
            .Select((hit, i) => hit is Fault.Failing failing ? Failure(BucketOperation.DeleteMany, keys[i], failing) : null)
            .ToArray();
        var outcomes = await inner.DeleteManyAsync([.. keys.Where((_, i) => failures[i] is null)], cancellationToken);
        if (fault is Fault.Losing)
            throw Lost(BucketOperation.DeleteMany, keys[0]);
        var left = new Queue<BucketException?>(outcomes);
        return [.. failures.Select(failure => failure ?? left.Dequeue())];
    }

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(
        string prefix, char? delimiter, string? pageToken, int maxKeys, CancellationToken cancellationToken)
    {
        await ArriveAsync(new BucketCall(BucketOperation.List, prefix), cancellationToken);
        return await inner.ListAsync(prefix, delimiter, pageToken, maxKeys, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Heal();
        return ValueTask.CompletedTask;
    }

    /// <summary>Remembers the request and does what happens before it reaches the bucket; returns what is still to happen.</summary>
    private async Task<Fault?> ArriveAsync(BucketCall call, CancellationToken cancellationToken)
    {
        _calls.Enqueue(call);
        var rule = _rules.Find(candidate => candidate.TryHit(call.Operation, call.Key));
        switch (rule?.Fault)
        {
            case Fault.Failing failing:
                throw Failure(call.Operation, call.Key, failing);
            case Fault.Stalling:
                await rule.Released.WaitAsync(cancellationToken);
                break;
            case Fault.Delaying delaying:
                await Task.Delay(delaying.Time, cancellationToken);
                break;
        }
        return rule?.Fault;
    }

    private static BucketException Failure(BucketOperation operation, string key, Fault.Failing failing) =>
        new(failing.Kind, $"{operation} {key}: injected {failing.Kind}") { RetryAfter = failing.RetryAfter };

    private static BucketException Lost(BucketOperation operation, string key) =>
        new(BucketErrorKind.Network, $"{operation} {key}: injected loss of the answer");
}
