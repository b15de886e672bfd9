using FuseServer;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>stat, chmod, chown, utimens, truncate, statfs and extended attributes.</summary>
public sealed partial class StorageFileSystem
{
    private const uint DirectoryType = 0x4000; // S_IFDIR
    private const uint RegularType = 0x8000; // S_IFREG
    private const uint PermissionBits = 0xFFF;
    private const uint PreferredBlockSize = 1 << 20;
    private const int StatBlockSize = 512;

    /// <summary>A bucket has no size; df shows one pebibyte, all of it free.</summary>
    private const ulong BucketBytes = 1UL << 50;

    /// <inheritdoc/>
    public override void GetAttributes(GetAttributesRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
            _underlay.GetAttributes(r);
        else if (NodeTable.TryGetDirectory(r.NodeId, out HashDirectory directory))
            r.Reply(AttributesOf(directory), DirectoryValid);
        else if (_nodes.Find(r.NodeId) is not { } node)
            r.Fail(Errno.ESTALE);
        else if (node.Doubt is { } doubt)
            r.Fail(ErrnoTable.Of(doubt.Error));
        else
            r.Reply(AttributesOf(node), _options.EntryTimeout);
    }

    /// <inheritdoc/>
    public override void SetAttributes(SetAttributesRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
        {
            _underlay.SetAttributes(r);
            return;
        }

        bool isDirectory = NodeTable.TryGetDirectory(r.NodeId, out HashDirectory directory);
        AttachmentNode? node = isDirectory ? null : _nodes.Find(r.NodeId);
        if (!isDirectory && node is not { Doubt: null })
        {
            r.Fail(node?.Doubt is { } doubt ? ErrnoTable.Of(doubt.Error) : Errno.ESTALE);
            return;
        }

        if (ChangesOwnerOrMode(r, isDirectory ? _options.DirectoryMode : _options.FileMode))
        {
            r.Fail(Errno.EPERM);
            return;
        }

        try
        {
            // Times are the bucket's: setting them succeeds, as cp -p and rsync expect, and the next look-up shows the bucket's again.
            if (node is not null && r.Fields.HasFlag(SetAttributesFields.Size))
                AttachmentTree.SetLength(node, (long)r.Size);
            r.Reply(node is null ? AttributesOf(directory) : AttributesOf(node), _options.EntryTimeout);
        }
        catch (AttachmentException e)
        {
            r.Fail(ErrnoTable.Of(e.Error));
        }
    }

    /// <inheritdoc/>
    public override void StatFileSystem(StatFileSystemRequest r)
    {
        if (NodeTable.IsUnderlay(r.NodeId))
        {
            _underlay.StatFileSystem(r);
            return;
        }

        r.Reply(new FuseFileSystemStatistics
        {
            BlockSize = PreferredBlockSize,
            FragmentSize = PreferredBlockSize,
            Blocks = BucketBytes / PreferredBlockSize,
            FreeBlocks = BucketBytes / PreferredBlockSize,
            AvailableBlocks = BucketBytes / PreferredBlockSize,
            Files = uint.MaxValue,
            FreeFiles = uint.MaxValue,
            NameLength = 255,
        });
    }

    private bool ChangesOwnerOrMode(SetAttributesRequest r, uint mode) =>
        (r.Fields.HasFlag(SetAttributesFields.Mode) && (r.Mode & PermissionBits) != mode)
        || (r.Fields.HasFlag(SetAttributesFields.UserId) && r.OwnerUserId != _options.UserId)
        || (r.Fields.HasFlag(SetAttributesFields.GroupId) && r.OwnerGroupId != _options.GroupId);

    private FuseAttributes AttributesOf(HashDirectory directory) => Attributes(
        NodeTable.NumberOf(directory), DirectoryType | _options.DirectoryMode, links: 2, length: 0, _mounted);

    private FuseAttributes AttributesOf(AttachmentNode node) => Attributes(
        node.Id.ToInodeNumber(), RegularType | _options.FileMode, links: node.IsRemoved ? 0u : 1u, (ulong)node.Length, node.Modified);

    private FuseAttributes Attributes(ulong inode, uint mode, uint links, ulong length, DateTimeOffset modified)
    {
        ulong seconds = (ulong)Math.Max(0, modified.ToUnixTimeSeconds());
        uint nanoseconds = (uint)(modified.UtcTicks % TimeSpan.TicksPerSecond * 100);
        return new FuseAttributes
        {
            Inode = inode,
            Size = length,
            Blocks = (length + StatBlockSize - 1) / StatBlockSize,
            AccessTime = seconds,
            ModificationTime = seconds,
            ChangeTime = seconds,
            AccessTimeNanoseconds = nanoseconds,
            ModificationTimeNanoseconds = nanoseconds,
            ChangeTimeNanoseconds = nanoseconds,
            Mode = mode,
            LinkCount = links,
            UserId = _options.UserId,
            GroupId = _options.GroupId,
            BlockSize = PreferredBlockSize,
        };
    }
}
