using System.Diagnostics.CodeAnalysis;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>A file or folder beneath the mount point that the kernel knows, held by an O_PATH descriptor.</summary>
internal sealed class UnderlayNode(int descriptor, NodeIdentity identity, ulong number)
{
    public int Descriptor => descriptor;

    public NodeIdentity Identity => identity;

    public ulong Number => number;

    /// <summary>Each write(2) reaches the file beneath before it returns: the kernel does not gather writes in its page cache.</summary>
    public bool IsWrittenThrough { get; set; }

    /// <summary>References that the kernel holds; guarded by <see cref="UnderlayNodes"/>.</summary>
    public ulong References { get; set; }
}

/// <summary>What makes two names the same file.</summary>
internal readonly record struct NodeIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode);

/// <summary>
/// The underlay's nodes by the number that the kernel has for them, and by identity, so that hard links are one node. Numbers are never
/// used again.
/// </summary>
internal sealed class UnderlayNodes : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, UnderlayNode> _byNumber = [];
    private readonly Dictionary<NodeIdentity, UnderlayNode> _byIdentity = [];
    private ulong _next = UnderlayFileSystem.RootNodeId + 1;

    public UnderlayNodes(int rootDescriptor, NodeIdentity rootIdentity)
    {
        Root = new UnderlayNode(rootDescriptor, rootIdentity, UnderlayFileSystem.RootNodeId) { References = 1 };
        _byNumber.Add(Root.Number, Root);
        _byIdentity.Add(rootIdentity, Root);
    }

    public UnderlayNode Root { get; }

    public bool TryFind(ulong number, [NotNullWhen(true)] out UnderlayNode? node)
    {
        lock (_lock)
            return _byNumber.TryGetValue(number == 1 ? Root.Number : number, out node);
    }

    /// <summary>Counts one more reference to a file; takes the descriptor over, or closes it when the file has a node already.</summary>
    public UnderlayNode Reference(int descriptor, NodeIdentity identity)
    {
        lock (_lock)
        {
            if (_byIdentity.TryGetValue(identity, out UnderlayNode? known))
            {
                known.References++;
                _ = Libc.Close(descriptor);
                return known;
            }

            var node = new UnderlayNode(descriptor, identity, _next++) { References = 1 };
            _byNumber.Add(node.Number, node);
            _byIdentity.Add(identity, node);
            return node;
        }
    }

    public void Forget(ulong number, ulong count)
    {
        lock (_lock)
        {
            if (!_byNumber.TryGetValue(number, out UnderlayNode? node) || node == Root)
                return;
            node.References -= Math.Min(count, node.References);
            if (node.References > 0)
                return;
            _byNumber.Remove(number);
            _byIdentity.Remove(node.Identity);
            _ = Libc.Close(node.Descriptor);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (UnderlayNode node in _byNumber.Values)
                _ = Libc.Close(node.Descriptor);
            _byNumber.Clear();
            _byIdentity.Clear();
        }
    }
}
