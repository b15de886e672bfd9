using System.Security.Cryptography;

namespace OrthancCloudFs.Campaigns.Load;

/// <summary>Every instance that a client ever sent, and what it was told. Thread-safe.</summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TrackedInstance> _byChecksum = new(StringComparer.Ordinal);
    private readonly List<TrackedInstance> _stored = [];
    private List<TrackedInstance> _fresh = [];

    /// <summary>Instances that are acknowledged and not asked to be deleted.</summary>
    public int StoredCount
    {
        get
        {
            lock (_lock)
                return _stored.Count;
        }
    }

    public static string ChecksumOf(ReadOnlySpan<byte> content) => Convert.ToHexString(SHA256.HashData(content));

    /// <summary>A client is about to send it.</summary>
    public TrackedInstance BeginStore(byte[] file)
    {
        var instance = new TrackedInstance(ChecksumOf(file), file.Length);
        lock (_lock)
            _byChecksum.Add(instance.Checksum, instance);
        return instance;
    }

    /// <summary>Orthanc has acknowledged it.</summary>
    public void Stored(TrackedInstance instance, string id, Victims disturbed)
    {
        lock (_lock)
        {
            (instance.Id, instance.State, instance.Disturbed) = (id, InstanceState.Stored, disturbed);
            _stored.Add(instance);
            _fresh.Add(instance);
        }
    }

    /// <summary>Orthanc refused it, or did not answer.</summary>
    public void NotAcknowledged(TrackedInstance instance, Victims disturbed)
    {
        lock (_lock)
            (instance.State, instance.Disturbed) = (InstanceState.NotAcknowledged, disturbed);
    }

    /// <summary>One that is there, and stays so until <see cref="EndRead"/>; null when there is none.</summary>
    public TrackedInstance? BeginRead(Random random)
    {
        lock (_lock)
            return _stored.Count == 0 ? null : Hold(_stored[random.Next(_stored.Count)]);
    }

    /// <summary>The same, of those that were stored while something was away (or not).</summary>
    public TrackedInstance? BeginRead(Random random, Victims disturbed)
    {
        lock (_lock)
        {
            TrackedInstance[] candidates = [.. _stored.Where(instance => instance.Disturbed == disturbed)];
            return candidates.Length == 0 ? null : Hold(candidates[random.Next(candidates.Length)]);
        }
    }

    /// <summary>How many are there that were stored while something was away (or not).</summary>
    public int CountStored(Victims disturbed)
    {
        lock (_lock)
            return _stored.Count(instance => instance.Disturbed == disturbed);
    }

    /// <summary>All that was acknowledged since the last call and is still there, and some of the others; to be given back like those above.</summary>
    public IReadOnlyList<TrackedInstance> BeginReadOfFresh(Random random, int others)
    {
        lock (_lock)
        {
            IEnumerable<TrackedInstance> fresh = _fresh.Where(static instance => instance.State == InstanceState.Stored);
            TrackedInstance[] sample = _stored.Count == 0 ? [] : random.GetItems(_stored.ToArray(), others);
            TrackedInstance[] chosen = [.. fresh.Union(sample)];
            _fresh = [];
            return Array.ConvertAll(chosen, Hold);
        }
    }

    /// <summary>All that is there.</summary>
    public IReadOnlyList<TrackedInstance> BeginReadOfAll()
    {
        lock (_lock)
            return [.. _stored.Select(Hold)];
    }

    public void EndRead(TrackedInstance instance)
    {
        lock (_lock)
            instance.Readers--;
    }

    /// <summary>One that nobody reads, about to be deleted; null when there is none.</summary>
    public TrackedInstance? BeginDelete(Random random)
    {
        lock (_lock)
        {
            int index = _stored.Count == 0 ? -1 : random.Next(_stored.Count);
            if (index < 0 || _stored[index].Readers > 0)
                return null;
            TrackedInstance instance = _stored[index];
            _stored.RemoveAt(index);
            instance.State = InstanceState.Deleting;
            return instance;
        }
    }

    /// <summary>The delete was answered, well or not.</summary>
    public void EndDelete(TrackedInstance instance, bool isAcknowledged, Victims disturbed)
    {
        lock (_lock)
        {
            instance.State = isAcknowledged ? InstanceState.Deleted : InstanceState.Deleting;
            instance.Disturbed = disturbed;
        }
    }

    /// <summary>Whose content that is; null for nobody's.</summary>
    public TrackedInstance? Find(string checksum)
    {
        lock (_lock)
            return _byChecksum.GetValueOrDefault(checksum);
    }

    private static TrackedInstance Hold(TrackedInstance instance)
    {
        instance.Readers++;
        return instance;
    }
}
