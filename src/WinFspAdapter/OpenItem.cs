using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Tree;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>One opening of a file or folder.</summary>
internal abstract class OpenItem : IDisposable
{
    /// <summary>What it is now.</summary>
    public abstract FileInformation Information { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A hash folder.</summary>
internal sealed class OpenFolder(HashDirectory directory, FolderListing listing) : OpenItem
{
    public HashDirectory Directory => directory;

    public FolderListing Listing => listing;

    public override FileInformation Information => Descriptions.Of(directory);

    public override void Dispose() => listing.Dispose();
}

/// <summary>An attachment.</summary>
/// <param name="node">The attachment.</param>
/// <param name="reader">When it was opened for reading.</param>
/// <param name="isWriter">This opening made it, and writes it.</param>
internal sealed class OpenAttachmentFile(AttachmentNode node, OpenAttachment? reader, bool isWriter) : OpenItem
{
    public AttachmentNode Node => node;

    public OpenAttachment? Reader => reader;

    /// <summary>Null unless this opening writes.</summary>
    public AttachmentWriter? Writer => isWriter ? node.Writer : null;

    public override FileInformation Information => Descriptions.Of(node);

    public override void Dispose() => reader?.Dispose();
}

/// <summary>How files and folders are described to the driver.</summary>
internal static class Descriptions
{
    private const ulong AllocationUnit = 4096;

    /// <summary>Above all inode numbers of hash folders is the depth, so that none is another's.</summary>
    private const int DepthShift = 16;

    /// <summary>A hash folder, which is as old as the world.</summary>
    public static FileInformation Of(HashDirectory directory) => new()
    {
        Attributes = FileAttributes.Directory,
        CreationTime = FolderTime,
        LastAccessTime = FolderTime,
        LastWriteTime = FolderTime,
        ChangeTime = FolderTime,
        IndexNumber = ((ulong)directory.Depth + 1 << DepthShift) | ((ulong)directory.FirstByte << 8) | directory.SecondByte,
    };

    /// <summary>An attachment.</summary>
    public static FileInformation Of(AttachmentNode node) => OfFile(node.Id, node.Length, node.Modified);

    /// <summary>An attachment of a listing.</summary>
    public static FileInformation Of(AttachmentInfo info) => OfFile(info.Id, info.Length, info.LastModified);

    private static ulong FolderTime { get; } = (ulong)DateTimeOffset.UnixEpoch.ToFileTime();

    private static FileInformation OfFile(AttachmentId id, long length, DateTimeOffset modified)
    {
        ulong time = (ulong)modified.ToFileTime();
        return new FileInformation
        {
            Attributes = FileAttributes.Normal,
            FileSize = (ulong)length,
            AllocationSize = ((ulong)length + AllocationUnit - 1) / AllocationUnit * AllocationUnit,
            CreationTime = time,
            LastAccessTime = time,
            LastWriteTime = time,
            ChangeTime = time,
            IndexNumber = id.ToInodeNumber(),
        };
    }
}
