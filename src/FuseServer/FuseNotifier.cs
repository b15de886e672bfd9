using System.Runtime.InteropServices;
using FuseServer.Abi;
using FuseServer.Session;

namespace FuseServer;

/// <summary>
/// Tells the kernel that what it keeps is no longer valid. A call may wait for locks that requests under way hold, so it must never be
/// made from a handler; it fails without harm when the kernel does not know the node.
/// </summary>
public sealed class FuseNotifier
{
    private readonly FuseChannel _channel;

    internal FuseNotifier(FuseChannel channel) => _channel = channel;

    /// <summary>The name must be looked up again.</summary>
    /// <param name="parent">The folder.</param>
    /// <param name="name">At most 255 bytes.</param>
    public Errno InvalidateEntry(ulong parent, ReadOnlySpan<byte> name)
    {
        var body = new NotifyInvalidateEntryOut { Parent = parent, NameLength = (uint)name.Length };
        return _channel.Notify(NotifyCode.InvalidateEntry, AsBytes(in body), name);
    }

    /// <summary>Attributes, and cached content of a range, must be asked for again.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="offset">In bytes; negative for attributes only.</param>
    /// <param name="length">In bytes; 0 to the end.</param>
    public Errno InvalidateInode(ulong nodeId, long offset, long length)
    {
        var body = new NotifyInvalidateInodeOut { NodeId = nodeId, Offset = offset, Length = length };
        return _channel.Notify(NotifyCode.InvalidateInode, AsBytes(in body), default);
    }

    /// <summary>The name is gone, which watchers of the folder learn too.</summary>
    /// <param name="parent">The folder.</param>
    /// <param name="child">The node that had the name.</param>
    /// <param name="name">At most 255 bytes.</param>
    public Errno Delete(ulong parent, ulong child, ReadOnlySpan<byte> name)
    {
        var body = new NotifyDeleteOut { Parent = parent, Child = child, NameLength = (uint)name.Length };
        return _channel.Notify(NotifyCode.Delete, AsBytes(in body), name);
    }

    private static ReadOnlySpan<byte> AsBytes<T>(in T body)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body));
}
