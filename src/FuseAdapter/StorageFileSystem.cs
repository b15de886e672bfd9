using System.Collections.Concurrent;
using FuseServer;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.FuseAdapter.Underlay;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>
/// Orthanc's storage directory as the kernel sees it: the hash folders and their attachments come from the tree, everything else in the
/// root from the underlay. This class only translates; the rules are the tree's.
/// </summary>
public sealed partial class StorageFileSystem : FuseFileSystem
{
    /// <summary>Hash folders never change, so the kernel may keep them as long as it likes.</summary>
    private static readonly TimeSpan DirectoryValid = TimeSpan.FromDays(1);

    private readonly AttachmentTree _tree;
    private readonly UnderlayFileSystem _underlay;
    private readonly StorageFileSystemOptions _options;
    private readonly ILogger _logger;
    private readonly NodeTable _nodes = new();
    private readonly HandleTable<FileHandle> _files = new();
    private readonly HandleTable<DirectoryHandle> _directories = new();

    /// <summary>
    /// How often a hash folder was removed. The kernel lets nobody create files in a folder that was removed, as long as anybody is in it;
    /// the same number with another generation is a new folder to it.
    /// </summary>
    private readonly ConcurrentDictionary<HashDirectory, ulong> _removals = new();

    private readonly DateTimeOffset _mounted = DateTimeOffset.UtcNow;
    private FuseConnectionInfo? _connection;

    /// <summary>Creates the file system; tree and underlay stay the caller's to dispose.</summary>
    public StorageFileSystem(AttachmentTree tree, UnderlayFileSystem underlay, StorageFileSystemOptions options, ILogger logger) =>
        (_tree, _underlay, _options, _logger) = (tree, underlay, options, logger);

    /// <summary>Invalidates what the kernel cached; set once mounted.</summary>
    public FuseNotifier? Notifier { get; set; }

    /// <summary>Open files, of attachments.</summary>
    public int OpenFiles => _files.Count;

    /// <inheritdoc/>
    public override void Initialized(FuseConnectionInfo info)
    {
        _connection = info;
        _underlay.Initialized(info);
    }

    /// <inheritdoc/>
    public override void Forget(ulong nodeId, ulong lookupCount)
    {
        if (NodeTable.IsUnderlay(nodeId))
            _underlay.Forget(nodeId, lookupCount);
        else
            _nodes.Forget(nodeId, lookupCount);
    }

    private FuseEntry EntryOf(HashDirectory directory) => new()
    {
        NodeId = NodeTable.NumberOf(directory),
        Generation = _removals.GetValueOrDefault(directory),
        EntryValid = DirectoryValid,
        AttributesValid = DirectoryValid,
        Attributes = AttributesOf(directory),
    };

    private FuseEntry EntryOf(AttachmentNode found)
    {
        (ulong number, AttachmentNode node) = _nodes.Reference(found);
        return new FuseEntry
        {
            NodeId = number,
            EntryValid = ValidityOf(node),
            AttributesValid = ValidityOf(node),
            Attributes = AttributesOf(node),
        };
    }

    /// <summary>What is in doubt is asked for again each time, so that no call but unlink takes it for something that exists.</summary>
    private TimeSpan ValidityOf(AttachmentNode node) => node.Doubt is null ? _options.EntryTimeout : TimeSpan.Zero;

    /// <summary>Answers a request whose handler threw, with the error of the one table, and says what is not a known failure.</summary>
    private Errno ErrorOf(Exception exception, bool isInterrupted)
    {
        if (exception is not (AttachmentException or OperationCanceledException))
            LogUnexpected(exception);
        return ErrnoTable.Of(exception, isInterrupted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed in an unexpected way")]
    private partial void LogUnexpected(Exception exception);
}
