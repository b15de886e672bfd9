namespace OrthancCloudFs.Envelope.Keys;

/// <summary>The master keys of a bucket: one for new objects, and all with which its objects may have been sealed. Owns its keys.</summary>
public sealed class MasterKeyRing : IDisposable
{
    private readonly Dictionary<uint, MasterKey> _byId;

    /// <summary>Takes ownership of the keys, also when it throws.</summary>
    /// <exception cref="MasterKeyException">Two keys have the same id.</exception>
    public MasterKeyRing(MasterKey current, IEnumerable<MasterKey> previous)
    {
        MasterKey[] all = [current, .. previous];
        _byId = new Dictionary<uint, MasterKey>(all.Length);
        Current = current;
        foreach (MasterKey key in all)
        {
            if (_byId.TryAdd(key.Id, key))
                continue;

            foreach (MasterKey owned in all)
                owned.Dispose();
            throw new MasterKeyException($"master key id {key.Id} is given more than once; give every master key an id of its own");
        }
    }

    /// <summary>The key with which new objects are sealed.</summary>
    public MasterKey Current { get; }

    /// <summary>The key with this id, or null.</summary>
    public MasterKey? Find(uint id) => _byId.GetValueOrDefault(id);

    /// <summary>Clears all keys.</summary>
    public void Dispose()
    {
        foreach (MasterKey key in _byId.Values)
            key.Dispose();
    }

    /// <summary>The ids, and never a key.</summary>
    public override string ToString() => $"master keys {string.Join(", ", _byId.Keys)} [redacted]";
}
