using System.Runtime.InteropServices;
using FuseServer;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>Open files. Reads and writes of the local page cache are done at once; what waits for the disk goes to the thread pool.</summary>
public sealed partial class UnderlayFileSystem
{
    private const int AppendFlag = 0x400; // O_APPEND
    private const int SettableFlags = Libc.AccessMode | Libc.Truncate;

    [ThreadStatic]
    private static byte[]? _readBuffer;

    /// <inheritdoc/>
    public override void Open(OpenRequest r)
    {
        if (!_nodes.TryFind(r.NodeId, out UnderlayNode? node))
        {
            r.Fail(Errno.ESTALE);
            return;
        }

        string path = Libc.DescriptorPath(node.Descriptor);
        int flags = FlagsFor(r.Flags) | Libc.CloseOnExec;
        int descriptor = Libc.Open(path, flags);
        if (descriptor < 0 && Libc.LastError() == Errno.EACCES && (flags & Libc.AccessMode) == Libc.ReadWrite)
            descriptor = Libc.Open(path, (flags & ~Libc.AccessMode) | (r.Flags & Libc.AccessMode)); // as asked, without reading back
        if (descriptor < 0)
        {
            r.Fail(Libc.LastError());
            return;
        }

        DropSetUserAndGroupIdAtTruncation(descriptor, r.Flags, r.UserId);

        r.Reply(_files.Add(new OpenUnderlayFile(descriptor)), OpenFlagsOf(node.Number));
    }

    /// <inheritdoc/>
    public override unsafe void Read(ReadRequest r)
    {
        if (!TryFindFile(r.Handle, out OpenUnderlayFile? file))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        byte[] buffer = _readBuffer is { } known && known.Length >= r.Size ? known : _readBuffer = GC.AllocateUninitializedArray<byte>(r.Size, pinned: true);
        nint length;
        fixed (byte* address = buffer)
        {
            do
            {
                length = Libc.ReadAt(file.Descriptor, address, (nuint)r.Size, r.Offset);
            }
            while (length < 0 && Libc.LastError() == Errno.EINTR);
        }

        if (length < 0)
            r.Fail(Libc.LastError());
        else
            r.Reply(buffer.AsSpan(0, (int)length));
        buffer.AsSpan(0, (int)Math.Max(length, 0)).Clear(); // in hybrid modes these are images
    }

    /// <inheritdoc/>
    public override unsafe void Write(WriteRequest r)
    {
        if (!TryFindFile(r.Handle, out OpenUnderlayFile? file))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        ReadOnlySpan<byte> data = r.Data;
        int done = 0;
        fixed (byte* address = data)
        {
            while (done < data.Length)
            {
                nint count = Libc.WriteAt(file.Descriptor, address + done, (nuint)(data.Length - done), r.Offset + done);
                if (count >= 0)
                    done += (int)count;
                else if (Libc.LastError() != Errno.EINTR)
                    break;
            }
        }

        if (done < data.Length)
        {
            r.Fail(Libc.LastError());
            return;
        }

        // Before writing to a file with these bits, the kernel turns its own cache off for the write.
        if (!r.IsCache)
            DropSetUserAndGroupId(file.Descriptor, r.UserId);
        r.Reply(done);
    }

    /// <inheritdoc/>
    public override void Flush(FlushRequest r)
    {
        // close(2) of the file beneath would report what an earlier write failed with; closing a copy does that.
        Errno error = Errno.EBADF;
        if (TryFindFile(r.Handle, out OpenUnderlayFile? file))
        {
            int copy = Libc.Duplicate(file.Descriptor);
            error = Libc.ErrorOf(copy < 0 ? copy : Libc.Close(copy));
        }

        if (error == Errno.None)
            r.Reply();
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void Release(ReleaseRequest r)
    {
        if (_files.Remove(r.Handle) is { } file)
            _ = Libc.Close(file.Descriptor);
        r.Reply();
    }

    /// <inheritdoc/>
    public override void Synchronize(SynchronizeRequest r)
    {
        if (!TryFindFile(r.Handle, out OpenUnderlayFile? file))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        InBackground(
            () => Libc.ErrorOf(r.DataOnly ? Libc.SynchronizeData(file.Descriptor) : Libc.Synchronize(file.Descriptor)), r.Reply, error => r.Fail(error));
    }

    /// <inheritdoc/>
    public override void Allocate(AllocateRequest r)
    {
        if (!TryFindFile(r.Handle, out OpenUnderlayFile? file))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        InBackground(() => Libc.ErrorOf(Libc.Allocate(file.Descriptor, r.Mode, r.Offset, r.Length)), r.Reply, error => r.Fail(error));
    }

    /// <summary>
    /// SEEK_DATA and SEEK_HOLE. The kernel asks without writing its dirty pages back first, so under the writeback cache the file beneath
    /// shows holes where a program has just written, and a copy made by them would lose data. Without an answer the kernel takes the whole
    /// file for data, which is always right.
    /// </summary>
    public override void Seek(SeekRequest r)
    {
        if (_writebackCache)
        {
            r.Fail(Errno.ENOSYS);
            return;
        }

        if (!TryFindFile(r.Handle, out OpenUnderlayFile? file))
        {
            r.Fail(Errno.EBADF);
            return;
        }

        long offset = Libc.Seek(file.Descriptor, r.Offset, (int)r.Whence);
        if (offset < 0)
            r.Fail(Libc.LastError());
        else
            r.Reply(offset);
    }

    /// <summary>
    /// A file that somebody without privileges changes loses set-user-id and set-group-id. The kernel leaves that to the file system
    /// (HANDLE_KILLPRIV_V2), and the file system beneath exempts root, as who this process may run.
    /// </summary>
    private static void DropSetUserAndGroupId(int descriptor, uint user)
    {
        if (!ChangesOwner || user == 0 || TryStat(descriptor, out StatX stat) != Errno.None)
            return;
        uint dropped = SetUserId | ((stat.Mode & GroupExecute) != 0 ? SetGroupId : 0);
        if ((stat.Mode & TypeBits) == RegularType && (stat.Mode & dropped) != 0)
            _ = Libc.ChangeMode(Libc.DescriptorPath(descriptor), stat.Mode & PermissionBits & ~dropped);
    }

    private static void DropSetUserAndGroupIdAtTruncation(int descriptor, int flags, uint user)
    {
        if ((flags & Libc.Truncate) != 0)
            DropSetUserAndGroupId(descriptor, user);
    }

    private static void InBackground(Func<Errno> action, Action done, Action<Errno> failed) => ThreadPool.UnsafeQueueUserWorkItem(
        static state =>
        {
            Errno error;
            do
            {
                error = state.action();
            }
            while (error == Errno.EINTR);
            if (error == Errno.None)
                state.done();
            else
                state.failed(error);
        },
        (action, done, failed),
        preferLocal: false);

    /// <summary>
    /// Nobody else changes the files, so what the page cache holds of them stays true, also while another process maps it. But what it holds
    /// of writes is lost with this process.
    /// </summary>
    private OpenReplyFlags OpenFlagsOf(ulong number) =>
        _nodes.TryFind(number, out UnderlayNode? node) && node.IsWrittenThrough ? OpenReplyFlags.DirectIo : OpenReplyFlags.KeepCache;

    /// <summary>
    /// Under the writeback cache the kernel reads pages back that are written in part, and places appended bytes itself: the file beneath
    /// is open for reading too, and never appends.
    /// </summary>
    private int FlagsFor(int flags)
    {
        int access = flags & Libc.AccessMode;
        if (_writebackCache && access == Libc.WriteOnly)
            access = Libc.ReadWrite;
        int append = _writebackCache ? 0 : flags & AppendFlag;
        return access | append | (flags & SettableFlags & ~Libc.AccessMode);
    }
}
