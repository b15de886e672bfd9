using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;

namespace OrthancCloudFs.Tree;

/// <summary>
/// The rules of the tree <c>aa/bb/UUID</c>, for every kernel adapter alike: folders exist without a request, attachments are created once,
/// never changed, opened only when authenticated, and removed. Failures are <see cref="AttachmentException"/>s.
/// </summary>
public sealed class AttachmentTree(AttachmentStore store)
{
    private readonly DirectoryKnowledge _knowledge = new(TimeProvider.System);
    private volatile bool _isClosing;

    /// <summary>The attachments behind the names.</summary>
    public AttachmentStore Store => store;

    /// <summary>True when nothing is created or opened any more.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Nothing is created or opened from now on, what is open goes on: for a program that is about to end.</summary>
    public void RefuseNew() => _isClosing = true;

    /// <summary>Looks up an attachment of a folder; null when there is none.</summary>
    public async Task<AttachmentNode?> FindAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        if (store.WriterOf(id) is { Failure: null } writer)
            return new AttachmentNode(writer);
        AttachmentInfo? found = await store.FindAsync(id, cancellationToken).ConfigureAwait(false);
        return found is null ? null : new AttachmentNode(found);
    }

    /// <summary>The same, but where the bucket gives no answer, a node that is in doubt.</summary>
    public async Task<AttachmentNode?> FindOrDoubtAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (AttachmentException e) when (e.Error is AttachmentError.Unreachable or AttachmentError.TimedOut or AttachmentError.Throttled
            or AttachmentError.BucketFailure or AttachmentError.AccessDenied)
        {
            return new AttachmentNode(id, e);
        }
    }

    /// <summary>Begins a new attachment, which nobody else can open until it is committed.</summary>
    public async Task<AttachmentNode> CreateAsync(AttachmentId id, CancellationToken cancellationToken)
    {
        RequireNotClosing(id);
        AttachmentWriter writer = await store.CreateAsync(id, cancellationToken).ConfigureAwait(false);
        if (_isClosing) // while this waited for memory
        {
            await writer.AbortAsync("the mount is being closed").ConfigureAwait(false);
            RequireNotClosing(id);
        }

        _knowledge.Added(id.Directory);
        return new AttachmentNode(writer);
    }

    /// <summary>Opens for reading: the content is complete and authenticated when this returns.</summary>
    public Task<OpenAttachment> OpenAsync(AttachmentNode node, CancellationToken cancellationToken)
    {
        RequireNotClosing(node.Id);
        return ReopenAsync(node, cancellationToken);
    }

    /// <summary>The same for somebody who has the attachment open already.</summary>
    public async Task<OpenAttachment> ReopenAsync(AttachmentNode node, CancellationToken cancellationToken)
    {
        if (node.IsRemoved)
            throw new AttachmentException(AttachmentError.NotFound, $"{node.Id}: it was removed");
        if (node.Committed is { } committed)
            return await store.OpenAsync(committed, cancellationToken).ConfigureAwait(false);
        throw node.Doubt ?? node.Writer!.Failure ?? new AttachmentException(AttachmentError.Busy, $"{node.Id}: it is still being written");
    }

    /// <summary>Refuses to open what exists for writing, saying why.</summary>
    public static AttachmentException RefuseWriting(AttachmentNode node) => node.Doubt ?? (node.Committed is null
        ? new AttachmentException(AttachmentError.Busy, $"{node.Id}: it is still being written")
        : new AttachmentException(AttachmentError.Immutable, $"{node.Id}: it is committed and cannot be changed"));

    /// <summary>Cuts or extends what is being written; on what is committed only its own length is accepted.</summary>
    public static void SetLength(AttachmentNode node, long length)
    {
        if (node is { Committed: null, Writer: { } writer })
            writer.SetLength(length);
        else if (node.Length != length)
            throw RefuseWriting(node);
    }

    /// <summary>Removes the name: gives a writer up, or deletes the object.</summary>
    public async Task RemoveAsync(AttachmentNode node, CancellationToken cancellationToken)
    {
        if (node.Writer is { Committed: null } writer)
            await writer.AbortAsync("it was removed before it was committed").ConfigureAwait(false);
        if (node.Committed is { } committed)
            await store.DeleteAsync(committed, cancellationToken).ConfigureAwait(false);
        if (node.Doubt is not null)
            await store.DeleteUnseenAsync(node.Id, cancellationToken).ConfigureAwait(false);
        node.IsRemoved = true;
        _knowledge.Removed(node.Id.Directory);
    }

    /// <summary>
    /// Removes a folder in the eyes of the caller; it goes on existing, since every hash folder does. Costs no request: only a folder
    /// that was just listed, and whose entries were all removed since, counts as empty.
    /// </summary>
    /// <returns>False when the folder is not known to be empty.</returns>
    public bool TryRemoveDirectory(HashDirectory directory)
    {
        if (!_knowledge.IsEmpty(directory))
            return false;
        if (directory.Depth > 0)
            _knowledge.Removed(directory.Depth == 2 ? HashDirectory.First(directory.FirstByte) : HashDirectory.Root);
        return true;
    }

    /// <summary>What a folder holds in the bucket.</summary>
    public DirectoryStream OpenDirectory(HashDirectory directory) => new(store, directory, _knowledge);

    private void RequireNotClosing(AttachmentId id)
    {
        if (_isClosing)
            throw new AttachmentException(AttachmentError.Closing, $"{id}: the mount is being closed");
    }
}
