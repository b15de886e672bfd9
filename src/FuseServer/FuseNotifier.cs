using System.Runtime.CompilerServices;
using FuseServer.Protocol;
using FuseServer.Session;

namespace FuseServer;

/// <summary>
/// Tells the kernel to drop what it has cached. A call may wait for the kernel's locks, which a request in flight may hold: never call
/// from a handler before it has returned, nor while answering an operation on the same directory or file.
/// Each returns false when the kernel knew nothing of it.
/// </summary>
public sealed unsafe class FuseNotifier
{
    private const int InvalidateInodeCode = 2; // FUSE_NOTIFY_INVAL_INODE
    private const int InvalidateEntryCode = 3; // FUSE_NOTIFY_INVAL_ENTRY
    private const int DeleteCode = 6; // FUSE_NOTIFY_DELETE

    private readonly FuseDevice _device;

    internal FuseNotifier(FuseDevice device) => _device = device;

    /// <summary>Drops a cached name, also a cached absence.</summary>
    /// <param name="parent">Node of the directory.</param>
    /// <param name="name">UTF-8 without the NUL.</param>
    public bool InvalidateEntry(ulong parent, ReadOnlySpan<byte> name) =>
        Send(InvalidateEntryCode, new NotifyInvalidateEntry { Parent = parent, NameLength = (uint)name.Length }, name, true);

    /// <summary>Drops cached attributes, and cached content from <paramref name="offset"/> on.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="offset">In bytes; negative for the attributes only.</param>
    /// <param name="length">In bytes; 0 for all that follows.</param>
    public bool InvalidateInode(ulong nodeId, long offset, long length) =>
        Send(InvalidateInodeCode, new NotifyInvalidateInode { NodeId = nodeId, Offset = offset, Length = length }, default, false);

    /// <summary>Drops a name that was deleted, and tells those who watch the directory with inotify.</summary>
    public bool Delete(ulong parent, ulong child, ReadOnlySpan<byte> name) =>
        Send(DeleteCode, new NotifyDelete { Parent = parent, Child = child, NameLength = (uint)name.Length }, name, true);

    private bool Send<T>(int code, T body, ReadOnlySpan<byte> name, bool terminated) where T : unmanaged
    {
        if (RequestReader.IsReaderThread)
            throw new InvalidOperationException("a notification from a thread that serves requests could wait for itself");
        Span<byte> tail = stackalloc byte[name.Length > 4096 ? 0 : name.Length + 1];
        if (tail.IsEmpty)
            throw new ArgumentException("name is too long", nameof(name));
        name.CopyTo(tail);
        tail[^1] = 0;
        ReadOnlySpan<byte> head = new(Unsafe.AsPointer(ref body), sizeof(T));
        return _device.Write(0, code, head, terminated ? tail : default) == Errno.None;
    }
}
