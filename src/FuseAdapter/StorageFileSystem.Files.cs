using System.Buffers;
using System.Security.Cryptography;
using FuseServer;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>Open files: open, read, write, fsync, close.</summary>
public sealed partial class StorageFileSystem
{
    private const int AccessMode = 3; // O_ACCMODE
    private const int ReadOnly = 0; // O_RDONLY
    private const int Truncate = 0x200; // O_TRUNC
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <inheritdoc/>
    public override void Open(OpenRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.Open(r);
        else if (_nodes.Find(r.NodeId) is not { } node)
            r.Fail(Errno.ESTALE);
        else if ((r.Flags & AccessMode) == ReadOnly && (r.Flags & Truncate) == 0)
            _ = OpenAsync(r, node);
        else
            r.Fail(ErrnoTable.Of(AttachmentTree.RefuseWriting(node).Error));
    }

    /// <inheritdoc/>
    public override void Read(ReadRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.Read(r);
        else if (_files.Find(r.Handle) is not { } file)
            r.Fail(Errno.EBADF);
        else if (file.Reader is { IsWhole: true } reader)
            Reply(r, reader);
        else if (file.Reader is { } large)
            _ = ReadAsync(r, large);
        else
            _ = ReadBackAsync(r, file.Node);
    }

    /// <inheritdoc/>
    public override void Write(WriteRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
        {
            _underlay.Write(r);
            return;
        }

        // Under the writeback cache a write may carry no handle of its opener; the node's writer is what counts.
        if (_nodes.Find(r.NodeId)?.Writer is not { } writer)
        {
            r.Fail(Errno.EBADF);
            return;
        }

        try
        {
            if (writer.TryWrite(r.Offset, r.Data))
            {
                r.Reply(r.Data.Length);
                return;
            }

            r.RetainData();
            _ = WriteWhenRoomAsync(r, writer);
        }
        catch (AttachmentException e)
        {
            FailWrite(r, writer, e);
        }
    }

    /// <inheritdoc/>
    public override void Synchronize(SynchronizeRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.Synchronize(r);
        else if (_files.Find(r.Handle)?.Node.Writer is { } writer)
            _ = SynchronizeAsync(r, writer);
        else
            r.Reply();
    }

    /// <inheritdoc/>
    public override void Flush(FlushRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.Flush(r);
        else if (_files.Find(r.Handle) is { Reader: null, Node.Writer: { } writer })
            _ = FlushAsync(r, writer);
        else
            r.Reply();
    }

    /// <inheritdoc/>
    public override void Release(ReleaseRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
        {
            _underlay.Release(r);
            return;
        }

        FileHandle? file = _files.Remove(r.Handle);
        file?.Reader?.Dispose();
        r.Reply();
        if (file is { Reader: null, Node: { Committed: null, Writer: { } writer } })
            _ = EndAsync(writer);
    }

    /// <inheritdoc/>
    public override void Allocate(AllocateRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.Allocate(r);
        else
            r.Fail(Errno.EOPNOTSUPP);
    }

    /// <inheritdoc/>
    public override void Seek(SeekRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.Seek(r);
        else if (_files.Find(r.Handle) is not { } file)
            r.Fail(Errno.EBADF);
        else if (r.Whence is not (SeekData or SeekHole))
            r.Fail(Errno.EINVAL);
        else if (r.Offset >= file.Node.Length)
            r.Fail(Errno.ENXIO);
        else
            r.Reply(r.Whence == SeekData ? r.Offset : file.Node.Length);
    }

    private static void Reply(ReadRequest r, OpenAttachment reader)
    {
        ReadOnlyMemory<byte>[] segments = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(OpenAttachment.MaxSegments(r.Size));
        int count = reader.GetSegments(r.Offset, r.Size, segments);
        r.Reply(segments.AsSpan(0, count));
        ArrayPool<ReadOnlyMemory<byte>>.Shared.Return(segments);
    }

    private async Task OpenAsync(OpenRequest r, AttachmentNode node)
    {
        try
        {
            OpenAttachment reader = await _tree.OpenAsync(node, r.CancellationToken).ConfigureAwait(false);
            OpenReplyFlags flags = _options.ReadMode == ReadMode.Direct ? OpenReplyFlags.DirectIo : OpenReplyFlags.KeepCache;
            if (_connection!.NoFlushOnOpen)
                flags |= OpenReplyFlags.NoFlush; // closing a reader has nothing to say
            ulong handle = _files.Add(new FileHandle(node, reader));
            if (r.Reply(handle, flags))
                return;
            _files.Remove(handle);
            reader.Dispose();
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
    }

    /// <summary>Reads of an attachment that is too large to be held wait for the bucket.</summary>
    private async Task ReadAsync(ReadRequest r, OpenAttachment reader)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(r.Size);
        try
        {
            int count = await reader.ReadAsync(r.Offset, buffer.AsMemory(0, r.Size), r.CancellationToken).ConfigureAwait(false);
            r.Reply(buffer.AsSpan(0, count));
        }
        catch (Exception e)
        {
            LogReadFailed(reader.Info.Id, reader.Info.Key, e.Message);
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The kernel reads a page back that it needs whole, from a file that is open for writing.</summary>
    private async Task ReadBackAsync(ReadRequest r, AttachmentNode node)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(r.Size);
        try
        {
            if (node.Committed is null)
            {
                int count = node.Writer!.Read(r.Offset, buffer.AsSpan(0, r.Size));
                r.Reply(buffer.AsSpan(0, count));
                return;
            }

            using OpenAttachment reader = await _tree.ReopenAsync(node, r.CancellationToken).ConfigureAwait(false);
            r.Reply(buffer.AsSpan(0, await reader.ReadAsync(r.Offset, buffer.AsMemory(0, r.Size), r.CancellationToken).ConfigureAwait(false)));
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WriteWhenRoomAsync(WriteRequest r, AttachmentWriter writer)
    {
        try
        {
            do
            {
                await writer.WaitForRoomAsync(r.Offset, r.Data.Length, r.CancellationToken).ConfigureAwait(false);
            }
            while (!writer.TryWrite(r.Offset, r.Data));
            r.Reply(r.Data.Length);
        }
        catch (Exception e)
        {
            AttachmentException failure = e as AttachmentException ?? writer.Fail(
                new AttachmentException(AttachmentError.Incomplete, $"{writer.Id}: a write did not take place: {e.Message}", e));
            FailWrite(r, writer, failure);
        }
    }

    private void FailWrite(WriteRequest r, AttachmentWriter writer, AttachmentException failure)
    {
        LogWriteFailed(writer.Id, failure.Error, failure.Message);
        r.Fail(ErrnoTable.Of(failure.Error));
        InvalidateFailed(writer);
    }

    private async Task SynchronizeAsync(SynchronizeRequest r, AttachmentWriter writer)
    {
        try
        {
            await writer.CommitAsync(r.CancellationToken).ConfigureAwait(false);
            r.Reply();
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
            InvalidateFailed(writer);
        }
    }

    private async Task FlushAsync(FlushRequest r, AttachmentWriter writer)
    {
        try
        {
            // A writer that was killed in the middle also closes its files: that is no end of a file.
            if (writer.Committed is null && await ProcessState.IsBeingKilledAsync(r.ProcessId).ConfigureAwait(false))
                await writer.AbortAsync("its writer was killed").ConfigureAwait(false);

            // dd and shells open a file, duplicate the descriptor and close the first one before they write: an empty file is committed
            // when the last descriptor is gone.
            if (!writer.IsUntouched)
                await writer.CommitAsync(r.CancellationToken).ConfigureAwait(false);
            r.Reply();
        }
        catch (Exception e)
        {
            r.Fail(ErrorOf(e, r.IsInterrupted));
            InvalidateFailed(writer);
        }
    }

    /// <summary>
    /// The last descriptor went away without a flush that committed. An empty file is committed now; of anything else nobody was told that
    /// it is safe, and it is given up.
    /// </summary>
    private async Task EndAsync(AttachmentWriter writer)
    {
        try
        {
            if (writer.IsUntouched)
                await writer.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            else
                await writer.AbortAsync("it was closed without being complete").ConfigureAwait(false);
        }
        catch (AttachmentException)
        {
            // Logged where it happened; nobody waits for this answer.
        }

        InvalidateFailed(writer);
    }

    /// <summary>Takes the name of a failed attachment out of the kernel's cache.</summary>
    private void InvalidateFailed(AttachmentWriter writer)
    {
        if (writer.Failure is null || Notifier is not { } notifier)
            return;
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                byte[] name = new byte[AttachmentId.TextLength];
                state.Id.Format(name);
                state.notifier.InvalidateEntry(NodeTable.NumberOf(state.Id.Directory), name);
            },
            (notifier, writer.Id),
            preferLocal: false);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A read of attachment {Attachment} at {Key} failed: {Reason}")]
    private partial void LogReadFailed(AttachmentId attachment, string key, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A write to attachment {Attachment} failed, and with it the attachment: {Error}: {Reason}")]
    private partial void LogWriteFailed(AttachmentId attachment, AttachmentError error, string reason);
}
