using System.Collections.Concurrent;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>Openings by the number that the driver carries for them. A number is never used twice.</summary>
internal sealed class HandleTable
{
    private readonly ConcurrentDictionary<ulong, OpenItem> _items = new();
    private ulong _last;

    public int Count => _items.Count;

    public ulong Add(OpenItem item)
    {
        ulong handle = Interlocked.Increment(ref _last);
        _items[handle] = item;
        return handle;
    }

    public OpenItem? Find(ulong handle) => _items.GetValueOrDefault(handle);

    /// <summary>Forgets all of them.</summary>
    public IReadOnlyList<OpenItem> RemoveAll()
    {
        OpenItem[] items = [.. _items.Values];
        _items.Clear();
        return items;
    }

    public OpenItem? Remove(ulong handle) => _items.TryRemove(handle, out OpenItem? item) ? item : null;
}
