using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>An open attachment: with a reader when it was opened for reading, without one when it is being written.</summary>
internal sealed class FileHandle(AttachmentNode node, OpenAttachment? reader)
{
    public AttachmentNode Node => node;

    public OpenAttachment? Reader => reader;
}

/// <summary>An open folder.</summary>
internal sealed class DirectoryHandle(DirectoryStream stream)
{
    public DirectoryStream Stream => stream;

    /// <summary>What is shown before that which the bucket holds: of the root what is no hash folder, and what attachments the underlay has.</summary>
    public IReadOnlyList<Underlay.UnderlayDirectoryEntry> UnderlayEntries { get; set; } = [];

    /// <summary>Those of them that the bucket may hold too, and that must not be shown twice.</summary>
    public HashSet<DirectoryEntry> Shown { get; } = [];

    /// <summary>One reader at a time; the kernel may send two.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);
}
