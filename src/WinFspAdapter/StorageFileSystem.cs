using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Tree;
using OrthancCloudFs.WinFspAdapter.Underlay;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>
/// The tree of attachments as a volume of Windows: <c>\aa\bb\UUID</c> from the bucket, everything else from the underlay. Operations that
/// WinFsp lets be answered later hold no thread of its; the others wait on it for the bucket, at most for the deadline.
/// </summary>
public sealed partial class StorageFileSystem : WinFspFileSystem
{
    /// <summary>A bucket has no size; Explorer shows one pebibyte, all of it free.</summary>
    private const ulong BucketBytes = 1UL << 50;

    private readonly AttachmentTree _tree;
    private readonly UnderlayFolder _underlay;
    private readonly StorageFileSystemOptions _options;
    private readonly ILogger _logger;
    private readonly HandleTable _items = new();

    /// <summary>Serves a tree and an underlay.</summary>
    public StorageFileSystem(AttachmentTree tree, StorageFileSystemOptions options, ILogger logger)
    {
        (_tree, _options, _logger) = (tree, options, logger);
        _underlay = new UnderlayFolder(options.UnderlayDirectory);
    }

    /// <summary>Files and folders that are open.</summary>
    public int OpenItems => _items.Count;

    /// <inheritdoc/>
    public override void Failed(Exception exception) => LogUnexpected(exception);

    /// <summary>What is open still is dead: nobody closes it any more.</summary>
    public override void Stopped(bool normally)
    {
        if (!normally)
            LogDriverGone();
        foreach (OpenItem item in _items.RemoveAll())
            item.Dispose();
    }

    /// <inheritdoc/>
    public override NtStatus GetVolumeInformation(out VolumeInformation information)
    {
        information = new VolumeInformation { TotalSize = BucketBytes, FreeSize = BucketBytes, Label = _options.Label };
        return NtStatus.Success;
    }

    /// <inheritdoc/>
    public override NtStatus GetInformation(ulong handle, out FileInformation information) => Describe(_items.Find(handle), out information);

    /// <inheritdoc/>
    public override NtStatus GetSecurity(ulong handle, out ReadOnlySpan<byte> securityDescriptor)
    {
        securityDescriptor = _options.SecurityDescriptor.Span;
        return NtStatus.Success;
    }

    /// <summary>Times of attachments are the bucket's: setting them succeeds, as copying programs expect, and changes nothing.</summary>
    public override NtStatus SetBasicInformation(ulong handle, in BasicInformation change, out FileInformation information)
    {
        OpenItem? item = _items.Find(handle);
        try
        {
            if (item is OpenUnderlayItem local)
                local.SetBasicInformation(change);
            return Describe(item, out information);
        }
        catch (Exception e)
        {
            information = default;
            return StatusOf(e);
        }
    }

    private static NtStatus Describe(OpenItem? item, out FileInformation information)
    {
        information = item?.Information ?? default;
        return item is null ? NtStatus.InvalidHandle : NtStatus.Success;
    }

    /// <summary>Waits on a thread of the dispatcher: these operations cannot be answered later.</summary>
    private T Wait<T>(Func<CancellationToken, Task<T>> operation)
    {
        using var deadline = new CancellationTokenSource(_options.OperationDeadline);
        return operation(deadline.Token).GetAwaiter().GetResult();
    }

    private void Wait(Func<CancellationToken, Task> operation)
    {
        using var deadline = new CancellationTokenSource(_options.OperationDeadline);
        operation(deadline.Token).GetAwaiter().GetResult();
    }

    /// <summary>The status of what was thrown; what is not a known failure is told.</summary>
    private NtStatus StatusOf(Exception exception)
    {
        if (exception is not (AttachmentException or OperationCanceledException or IOException or UnauthorizedAccessException))
            LogUnexpected(exception);
        return StatusTable.Of(exception);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "WinFsp's driver has taken the volume away")]
    private partial void LogDriverGone();

    [LoggerMessage(Level = LogLevel.Error, Message = "An operation failed in an unexpected way")]
    private partial void LogUnexpected(Exception exception);
}
