using Microsoft.Extensions.Logging;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.Program.Kernel;

/// <summary>What it takes to show the tree as a folder of this operating system: FUSE on Linux, WinFsp on Windows.</summary>
internal abstract class KernelAdapter : IDisposable
{
    /// <summary>Bytes of the memory budget that buffers for the kernel's requests take at most.</summary>
    public abstract long BufferBytes { get; }

    /// <summary>True where closing a file carries no error.</summary>
    public abstract bool MayCloseUnheard { get; }

    /// <summary>The one of this operating system, for one mount.</summary>
    /// <exception cref="MountException">What the mount needs is not there.</exception>
    public static KernelAdapter Create(CloudFsSettings settings, bool readOnly, ILoggerFactory loggers) => OperatingSystem.IsWindows()
        ? new WinFspKernelAdapter(settings, readOnly, loggers)
        : new FuseKernelAdapter(settings, readOnly, loggers);

    /// <summary>Clears away what a mount whose program died may have left at a mount point; true when there was something.</summary>
    public static bool TryClearStale(string mountPoint) => !OperatingSystem.IsWindows() && FuseKernelAdapter.TryClear(mountPoint);

    /// <summary>Sees to it that nobody writes attachments into the local directory while nothing is mounted over it.</summary>
    public abstract void ProtectUnderlay();

    /// <summary>Mounts the tree; it can be used when this returns.</summary>
    /// <exception cref="MountException">It cannot be mounted; the message says why and what to do.</exception>
    public abstract KernelMount Mount(AttachmentTree tree);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A tree that is mounted.</summary>
internal abstract class KernelMount : IAsyncDisposable
{
    /// <summary>Ends when the mount is away, whoever took it away. Never faults.</summary>
    public abstract Task Completion { get; }

    /// <summary>Why the mount is away although nobody asked for that; null where somebody may have, or it is not away.</summary>
    public virtual string? Loss => null;

    /// <summary>What was asked of it so far.</summary>
    public abstract KernelCounters Counters { get; }

    /// <summary>False when no thread has taken a request for so long although there were some.</summary>
    public abstract bool IsServing(TimeSpan patience);

    /// <summary>Takes the mount away when nobody uses it.</summary>
    /// <exception cref="MountException">Files are open; serving goes on.</exception>
    /// <exception cref="OperationCanceledException">Requests under way did not end in time.</exception>
    public abstract Task UnmountAsync(CancellationToken cancellationToken);

    /// <summary>Takes it away, by force if need be.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>What the kernel asked for.</summary>
/// <param name="RequestsByOperation">By the kernel's name of the operation; those that occurred.</param>
/// <param name="InFlight">Requests that are not answered yet.</param>
/// <param name="TimedOut">Requests that passed their deadline.</param>
/// <param name="BufferBytes">Memory of the buffers for requests.</param>
internal sealed record KernelCounters(
    IReadOnlyDictionary<string, long> RequestsByOperation, long InFlight, long TimedOut, long BufferBytes);

/// <summary>A mount that is not possible, or not now. The message is one line that says why and what to do.</summary>
internal sealed class MountException(string message, Exception? innerException = null) : Exception(message, innerException);
