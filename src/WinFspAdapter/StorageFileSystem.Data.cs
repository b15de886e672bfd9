using System.Buffers;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Tree;
using OrthancCloudFs.WinFspAdapter.Underlay;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>Content: read, write, flush, lengths.</summary>
public sealed partial class StorageFileSystem
{
    /// <inheritdoc/>
    public override NtStatus Read(ulong handle, in ReadRequest request, out uint transferred)
    {
        transferred = 0;
        try
        {
            switch (_items.Find(handle))
            {
                case OpenUnderlayItem local:
                    return local.Read(request, out transferred);
                case OpenAttachmentFile { Reader: { } reader }:
                    if (request.Offset >= (ulong)reader.Info.Length)
                        return NtStatus.EndOfFile;
                    if (!reader.IsWhole)
                        return ReadLater(request, reader);
                    transferred = (uint)Copy(reader, request);
                    return NtStatus.Success;
                case OpenAttachmentFile { Writer: { Committed: null } writer }:
                    if (request.Offset >= (ulong)writer.Length)
                        return NtStatus.EndOfFile;
                    transferred = (uint)writer.Read((long)request.Offset, request.Buffer);
                    return NtStatus.Success;
                case OpenFolder:
                    return NtStatus.FileIsADirectory;
                case OpenAttachmentFile:
                    return NtStatus.AccessDenied;
                default:
                    return NtStatus.InvalidHandle;
            }
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override NtStatus Write(ulong handle, in WriteRequest request, out uint transferred, out FileInformation information)
    {
        (transferred, information) = (0, default);
        try
        {
            switch (_items.Find(handle))
            {
                case OpenUnderlayItem local:
                    return local.Write(request, out transferred, out information);
                case OpenAttachmentFile { Writer: { } writer } file:
                    (long offset, int length) = PlaceOf(request, writer);
                    if (length > 0 && !writer.TryWrite(offset, request.Data[..length]))
                        return WriteLater(request, file, writer, offset, length);
                    transferred = (uint)length;
                    information = file.Information;
                    return NtStatus.Success;
                case null:
                    return NtStatus.InvalidHandle;
                default:
                    return NtStatus.AccessDenied;
            }
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override NtStatus Flush(ulong handle, out FileInformation information)
    {
        information = default;
        OpenItem? item = _items.Find(handle);
        try
        {
            if (item is OpenUnderlayItem local)
                local.Flush();
            else if (item is OpenAttachmentFile { Writer: { } writer })
                Wait(token => writer.CommitAsync(token));
            return Describe(item, out information);
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <summary>What exists is never changed; what was only just created is empty already.</summary>
    public override NtStatus Overwrite(ulong handle, out FileInformation information)
    {
        OpenItem? item = _items.Find(handle);
        try
        {
            if (item is OpenUnderlayItem local)
                local.SetSize(0);
            else if (item is OpenAttachmentFile { Node: var node })
                throw AttachmentTree.RefuseWriting(node);
            return Describe(item, out information);
        }
        catch (Exception e)
        {
            information = default;
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override NtStatus SetSize(ulong handle, ulong size, bool isAllocationSize, out FileInformation information)
    {
        OpenItem? item = _items.Find(handle);
        try
        {
            // What is set aside needs nothing to be done, unless it is less than there is.
            if (!isAllocationSize || (item is not null && size < item.Information.FileSize))
            {
                if (item is OpenUnderlayItem local)
                    local.SetSize((long)size);
                else if (item is OpenAttachmentFile { Node: var node })
                    AttachmentTree.SetLength(node, (long)size);
            }

            return Describe(item, out information);
        }
        catch (Exception e)
        {
            information = default;
            return StatusOf(e);
        }
    }

    private static int Copy(OpenAttachment reader, in ReadRequest request)
    {
        ReadOnlyMemory<byte>[] segments = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(OpenAttachment.MaxSegments((int)request.Length));
        int count = reader.GetSegments((long)request.Offset, (int)request.Length, segments);
        Span<byte> into = request.Buffer;
        int copied = 0;
        foreach (ReadOnlyMemory<byte> segment in segments.AsSpan(0, count))
        {
            segment.Span.CopyTo(into[copied..]);
            copied += segment.Length;
        }

        ArrayPool<ReadOnlyMemory<byte>>.Shared.Return(segments);
        return copied;
    }

    /// <summary>Where a write goes, and how much of it: what Windows writes back of its cache must not make the file longer.</summary>
    private static (long Offset, int Length) PlaceOf(in WriteRequest request, AttachmentWriter writer)
    {
        long offset = request.IsAppend ? writer.Length : (long)request.Offset;
        long length = request.IsConstrained ? Math.Clamp(writer.Length - offset, 0, request.Data.Length) : request.Data.Length;
        return (offset, (int)length);
    }

    private NtStatus ReadLater(ReadRequest request, OpenAttachment reader)
    {
        if (request.Defer() is not { } reply)
            return NtStatus.ShutdownInProgress;
        _ = ReadAsync();
        return NtStatus.Pending;

        async Task ReadAsync()
        {
            try
            {
                using var deadline = new CancellationTokenSource(_options.OperationDeadline);
                using var buffer = new NativeBuffer(request);
                int count = await reader.ReadAsync((long)request.Offset, buffer.Memory, deadline.Token).ConfigureAwait(false);
                reply.Complete(NtStatus.Success, (uint)count);
            }
            catch (Exception e)
            {
                LogReadFailed(reader.Info.Id, reader.Info.Key, e.Message);
                reply.Complete(StatusOf(e));
            }
        }
    }

    private NtStatus WriteLater(WriteRequest request, OpenAttachmentFile file, AttachmentWriter writer, long offset, int length)
    {
        if (request.Defer() is not { } reply)
            return NtStatus.ShutdownInProgress;
        _ = WriteAsync();
        return NtStatus.Pending;

        async Task WriteAsync()
        {
            try
            {
                using var deadline = new CancellationTokenSource(_options.OperationDeadline);
                do
                {
                    await writer.WaitForRoomAsync(offset, length, deadline.Token).ConfigureAwait(false);
                }
                while (!writer.TryWrite(offset, request.Data[..length]));
                reply.Complete(NtStatus.Success, (uint)length, file.Information);
            }
            catch (Exception e)
            {
                AttachmentException failure = e as AttachmentException ?? writer.Fail(
                    new AttachmentException(AttachmentError.Incomplete, $"{writer.Id}: a write did not take place: {e.Message}", e));
                LogWriteFailed(writer.Id, failure.Error, failure.Message);
                reply.Complete(StatusTable.Of(failure.Error));
            }
        }
    }

    /// <summary>The driver's buffer as the kind of memory that asynchronous code takes.</summary>
    private sealed class NativeBuffer(ReadRequest request) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => request.Buffer;

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("It does not move, and nobody needs its address.");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A read of attachment {Attachment} at {Key} failed: {Reason}")]
    private partial void LogReadFailed(AttachmentId attachment, string key, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A write to attachment {Attachment} failed, and with it the attachment: {Error}: {Reason}")]
    private partial void LogWriteFailed(AttachmentId attachment, AttachmentError error, string reason);
}
