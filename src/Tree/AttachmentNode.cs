using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Commit;

namespace OrthancCloudFs.Tree;

/// <summary>One attachment as a name in the tree: being written, committed, failed, removed, or in doubt.</summary>
public sealed class AttachmentNode
{
    private AttachmentInfo? _committed;

    /// <summary>A committed attachment.</summary>
    public AttachmentNode(AttachmentInfo committed) => (Id, _committed) = (committed.Id, committed);

    /// <summary>An attachment that is only now being written.</summary>
    public AttachmentNode(AttachmentWriter writer) => (Id, Writer) = (writer.Id, writer);

    /// <summary>A name of which the bucket did not say whether there is an attachment.</summary>
    public AttachmentNode(AttachmentId id, AttachmentException doubt) => (Id, Doubt) = (id, doubt);

    /// <summary>Its name.</summary>
    public AttachmentId Id { get; }

    /// <summary>Who writes it, or wrote it; null when it was found in the bucket.</summary>
    public AttachmentWriter? Writer { get; }

    /// <summary>What the bucket holds; null while it does not.</summary>
    public AttachmentInfo? Committed => _committed ?? Writer?.Committed;

    /// <summary>
    /// Why it is not known whether it exists; null when it is. Nothing can be done with it but to remove it: whoever removes it must not have
    /// to wait for a bucket that is away.
    /// </summary>
    public AttachmentException? Doubt { get; }

    /// <summary>True after the name was removed through the tree.</summary>
    public bool IsRemoved { get; internal set; }

    /// <summary>Bytes of content; those so far while it is written.</summary>
    public long Length => Committed?.Length ?? Writer?.Length ?? 0;

    /// <summary>When it was stored; while it is written, when that began.</summary>
    public DateTimeOffset Modified => Committed?.LastModified ?? Writer?.Started ?? DateTimeOffset.UnixEpoch;

    /// <summary>The bucket's newer description of the same attachment.</summary>
    public void Update(AttachmentInfo committed) => _committed = committed;
}
