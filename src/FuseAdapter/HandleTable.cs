namespace OrthancCloudFs.FuseAdapter;

/// <summary>Open files and folders by the number that the kernel carries for them.</summary>
internal sealed class HandleTable<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private T?[] _slots = new T?[64];
    private int _used;

    public int Count
    {
        get
        {
            lock (_lock)
                return _used - _free.Count;
        }
    }

    public ulong Add(T value)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out int slot))
            {
                slot = _used++;
                if (slot == _slots.Length)
                    Array.Resize(ref _slots, slot * 2);
            }

            _slots[slot] = value;
            return (ulong)slot;
        }
    }

    public T? Find(ulong handle)
    {
        T?[] slots = Volatile.Read(ref _slots);
        return handle < (ulong)slots.Length ? Volatile.Read(ref slots[handle]) : null;
    }

    public T? Remove(ulong handle)
    {
        lock (_lock)
        {
            if (Find(handle) is not { } value)
                return null;
            _slots[handle] = null;
            _free.Push((int)handle);
            return value;
        }
    }
}
