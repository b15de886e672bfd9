using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Tree;
using OrthancCloudFs.WinFspAdapter.Underlay;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>Names: look-up, create, open, delete, rename.</summary>
public sealed partial class StorageFileSystem
{
    /// <inheritdoc/>
    public override NtStatus GetSecurityByName(
        ReadOnlySpan<char> path, out FileAttributes attributes, out ReadOnlySpan<byte> securityDescriptor)
    {
        securityDescriptor = _options.SecurityDescriptor.Span;
        attributes = default;
        try
        {
            StoragePath parsed = StoragePath.Parse(path);
            switch (parsed.Kind)
            {
                case StoragePathKind.HashDirectory:
                    attributes = FileAttributes.Directory;
                    return NtStatus.Success;
                case StoragePathKind.Underlay:
                    return _underlay.TryGetAttributes(path, out attributes);
                case StoragePathKind.Attachment when Wait(token => _tree.FindOrDoubtAsync(parsed.Id, token)) is not null:
                    attributes = FileAttributes.Normal;
                    return NtStatus.Success;
                default:
                    return NtStatus.ObjectNameNotFound;
            }
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override NtStatus Create(ReadOnlySpan<char> path, in OpenParameters parameters, out ulong handle, out FileInformation information)
    {
        (handle, information) = (0, default);
        if (_options.ReadOnly)
            return NtStatus.MediaWriteProtected;
        try
        {
            StoragePath parsed = StoragePath.Parse(path);
            bool isFolder = parameters.Options.HasFlag(CreateOptions.Directory);
            switch (parsed.Kind)
            {
                case StoragePathKind.Underlay:
                    return Add(_underlay.Create(path, isFolder, parameters), out handle, out information);
                case StoragePathKind.HashDirectory:
                    return NtStatus.ObjectNameCollision;
                case StoragePathKind.Attachment when !isFolder:
                    AttachmentNode node = Wait(token => _tree.CreateAsync(parsed.Id, token));
                    return Add(new OpenAttachmentFile(node, reader: null, isWriter: true), out handle, out information);
                default:
                    return NtStatus.AccessDenied; // hash folders hold attachments, and nothing else
            }
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override NtStatus Open(ReadOnlySpan<char> path, in OpenParameters parameters, out ulong handle, out FileInformation information)
    {
        (handle, information) = (0, default);
        try
        {
            StoragePath parsed = StoragePath.Parse(path);
            switch (parsed.Kind)
            {
                case StoragePathKind.HashDirectory:
                    return Add(
                        new OpenFolder(parsed.Directory, new FolderListing(_tree, _underlay, parsed.Directory)), out handle, out information);
                case StoragePathKind.Underlay:
                    if (_options.ReadOnly && parameters.MayWrite)
                        return NtStatus.MediaWriteProtected;
                    return Add(_underlay.Open(path, parameters), out handle, out information);
                case StoragePathKind.Attachment:
                    return Add(OpenExisting(parsed.Id, parameters), out handle, out information);
                default:
                    return NtStatus.ObjectNameNotFound;
            }
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override NtStatus CanDelete(ulong handle, ReadOnlySpan<char> path) => _items.Find(handle) switch
    {
        null => NtStatus.InvalidHandle,
        _ when _options.ReadOnly => NtStatus.MediaWriteProtected,
        OpenFolder { Directory.Depth: 0 } => NtStatus.CannotDelete,
        OpenFolder folder => _tree.TryRemoveDirectory(folder.Directory) ? NtStatus.Success : NtStatus.DirectoryNotEmpty,
        OpenUnderlayItem local => local.CanDelete(),
        _ => NtStatus.Success,
    };

    /// <inheritdoc/>
    public override NtStatus Rename(ulong handle, ReadOnlySpan<char> path, ReadOnlySpan<char> newPath, bool replaceIfExists)
    {
        if (_options.ReadOnly)
            return NtStatus.MediaWriteProtected;
        bool fromUnderlay = _items.Find(handle) is OpenUnderlayItem;
        bool toUnderlay = StoragePath.Parse(newPath).Kind == StoragePathKind.Underlay;
        if (!fromUnderlay || !toUnderlay)
            return fromUnderlay != toUnderlay ? NtStatus.NotSameDevice : NtStatus.AccessDenied; // the first makes programs copy instead
        try
        {
            _underlay.Rename((OpenUnderlayItem)_items.Find(handle)!, newPath, replaceIfExists);
            return NtStatus.Success;
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    /// <inheritdoc/>
    public override void Cleanup(ulong handle, ReadOnlySpan<char> path, bool isDelete)
    {
        switch (_items.Find(handle))
        {
            case OpenUnderlayItem local:
                local.Cleanup(isDelete);
                break;
            case OpenAttachmentFile file when isDelete && !_options.ReadOnly:
                Remove(file.Node);
                break;
            case OpenAttachmentFile { Writer: not null } file:
                CommitClosed(file.Node);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Close(ulong handle) => _items.Remove(handle)?.Dispose();

    private OpenAttachmentFile OpenExisting(AttachmentId id, in OpenParameters parameters)
    {
        AttachmentNode node = Wait(token => _tree.FindOrDoubtAsync(id, token))
            ?? throw new AttachmentException(AttachmentError.NotFound, $"{id}: there is no such attachment");
        if (parameters.MayWrite)
            throw AttachmentTree.RefuseWriting(node);
        if (node.Doubt is { } doubt && !parameters.MayDelete)
            throw doubt;
        OpenAttachment? reader = parameters.MayRead ? Wait(token => _tree.OpenAsync(node, token)) : null;
        return new OpenAttachmentFile(node, reader, isWriter: false);
    }

    private NtStatus Add(OpenItem item, out ulong handle, out FileInformation information)
    {
        information = item.Information;
        handle = _items.Add(item);
        return NtStatus.Success;
    }

    /// <summary>The last closing of a file that is deleted; it cannot be told of a failure, so the log is.</summary>
    private void Remove(AttachmentNode node)
    {
        try
        {
            Wait(token => _tree.RemoveAsync(node, token));
        }
        catch (Exception e)
        {
            LogNotRemoved(node.Id, e.Message);
        }
    }

    /// <summary>
    /// The closing of a file that was not flushed. Nobody can be told of a failure any more: so the object is made safe on local disk before
    /// this returns, and goes to the bucket from there.
    /// </summary>
    private void CommitClosed(AttachmentNode node)
    {
        if (node.Writer is not { Committed: null, Failure: null } writer)
            return;
        try
        {
            Wait(writer.CommitClosedAsync);
        }
        catch (OperationCanceledException)
        {
            LogNotSafeYet(node.Id);
            _ = TellOutcomeAsync(node.Id, writer); // only the waiting has ended
        }
        catch (Exception e)
        {
            LogLost(node.Id, e.Message);
        }
    }

    private async Task TellOutcomeAsync(AttachmentId id, AttachmentWriter writer)
    {
        try
        {
            await writer.CommitClosedAsync(CancellationToken.None).ConfigureAwait(false);
            LogSafeAtLast(id);
        }
        catch (Exception e)
        {
            LogLost(id, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Attachment {Attachment} is not deleted, and Windows has told its program that it is: {Reason}")]
    private partial void LogNotRemoved(AttachmentId attachment, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Attachment {Attachment} was closed without a flush and is not safe yet; it is still being stored")]
    private partial void LogNotSafeYet(AttachmentId attachment);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Attachment {Attachment}, which took long, is safe now")]
    private partial void LogSafeAtLast(AttachmentId attachment);

    [LoggerMessage(Level = LogLevel.Error, Message = "Attachment {Attachment} was closed without a flush and is LOST: {Reason}")]
    private partial void LogLost(AttachmentId attachment, string reason);
}
