using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FuseServer;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>Recognises names of the root that something else serves.</summary>
public delegate bool NamePredicate(ReadOnlySpan<byte> name);

/// <summary>One entry of the underlay's root. <paramref name="TypeMode"/> is the type as in st_mode.</summary>
public readonly record struct UnderlayDirectoryEntry(ReadOnlyMemory<byte> Name, ulong Inode, uint TypeMode);

/// <summary>
/// The local directory beneath the mount point, passed through with full POSIX behaviour and reached by a descriptor that was opened
/// before mounting. Complete by itself, and part of a larger tree when requests for the root are sent here with <see cref="RootNodeId"/>.
/// </summary>
public sealed partial class UnderlayFileSystem : FuseFileSystem, IDisposable
{
    /// <summary>The number of the root. All numbers of the underlay have the top bit set.</summary>
    public const ulong RootNodeId = 1UL << 63;

    private const int MaxName = 255;

    /// <summary>
    /// SQLite's write-ahead log (sqlite.org/fileformat2.html, section 4). Orthanc commits to it without fsync, counting on what was written
    /// outliving every process, as it does on a local disk.
    /// </summary>
    private static ReadOnlySpan<byte> WriteAheadLogSuffix => "-wal"u8;

    private static readonly bool ChangesOwner = Libc.EffectiveUserId() == 0;

    private readonly UnderlayNodes _nodes;
    private readonly HandleTable<OpenUnderlayFile> _files = new();
    private readonly NamePredicate _isHidden;
    private readonly TimeSpan _valid;
    private bool _writebackCache;

    private UnderlayFileSystem(int descriptor, in StatX root, NamePredicate isHidden, TimeSpan valid)
    {
        _nodes = new UnderlayNodes(descriptor, IdentityOf(root));
        (_isHidden, _valid, OwnerUserId, OwnerGroupId) = (isHidden, valid, root.UserId, root.GroupId);
    }

    /// <summary>Owner of the directory.</summary>
    public uint OwnerUserId { get; }

    /// <summary>Group of the directory.</summary>
    public uint OwnerGroupId { get; }

    /// <summary>Opens the directory, before something is mounted over it.</summary>
    /// <param name="directory">Its path.</param>
    /// <param name="isHidden">Names of the root that <see cref="ReadRootEntries"/> leaves out.</param>
    /// <param name="valid">How long the kernel may keep names and attributes: long, since nobody else reaches the files.</param>
    /// <exception cref="FuseMountException">It cannot be opened.</exception>
    public static unsafe UnderlayFileSystem Open(string directory, NamePredicate isHidden, TimeSpan? valid = null)
    {
        int descriptor = Libc.Open(directory, Libc.PathOnly | Libc.FolderOnly | Libc.CloseOnExec);
        if (descriptor < 0)
        {
            Errno error = Libc.LastError();
            throw new FuseMountException($"cannot open {directory}: {error}; it must be an existing directory", error);
        }

        StatX root;
        byte empty = 0;
        if (Libc.Stat(descriptor, &empty, Libc.EmptyPath, StatX.BasicStatistics, &root) < 0)
        {
            Errno error = Libc.LastError();
            throw new FuseMountException($"cannot stat {directory}: {error}", error);
        }

        return new UnderlayFileSystem(descriptor, root, isHidden, valid ?? TimeSpan.FromMinutes(1));
    }

    /// <inheritdoc/>
    public override void Initialized(FuseConnectionInfo info) => _writebackCache = info.WritebackCache;

    /// <inheritdoc/>
    public override void Forget(ulong nodeId, ulong lookupCount) => _nodes.Forget(nodeId, lookupCount);

    /// <inheritdoc/>
    public void Dispose() => _nodes.Dispose();

    private static NodeIdentity IdentityOf(in StatX stat) => new(stat.DeviceMajor, stat.DeviceMinor, stat.Inode);

    private static FuseAttributes AttributesOf(in StatX stat) => new()
    {
        Inode = stat.Inode,
        Size = stat.Size,
        Blocks = stat.Blocks,
        AccessTime = (ulong)stat.AccessTime.Seconds,
        ModificationTime = (ulong)stat.ModificationTime.Seconds,
        ChangeTime = (ulong)stat.ChangeTime.Seconds,
        AccessTimeNanoseconds = stat.AccessTime.Nanoseconds,
        ModificationTimeNanoseconds = stat.ModificationTime.Nanoseconds,
        ChangeTimeNanoseconds = stat.ChangeTime.Nanoseconds,
        Mode = stat.Mode,
        LinkCount = stat.LinkCount,
        UserId = stat.UserId,
        GroupId = stat.GroupId,
        // new_encode_dev of linux/kdev_t.h
        DeviceId = (stat.DeviceIdMinor & 0xFF) | (stat.DeviceIdMajor << 8) | ((stat.DeviceIdMinor & ~0xFFu) << 12),
        BlockSize = stat.BlockSize,
    };

    /// <summary>Copies a name and ends it with a NUL.</summary>
    private static bool TryTerminate(ReadOnlySpan<byte> name, Span<byte> terminated)
    {
        if (name.IsEmpty || name.Length >= terminated.Length)
            return false;
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        return true;
    }

    private static unsafe Errno TryStat(int descriptor, out StatX stat)
    {
        byte empty = 0;
        fixed (StatX* result = &stat)
            return Libc.ErrorOf(Libc.Stat(descriptor, &empty, Libc.EmptyPath | Libc.NoFollow, StatX.BasicStatistics, result));
    }

    /// <summary>Looks a name up and counts a reference by the kernel.</summary>
    private unsafe Errno TryEnter(int parent, byte* name, out FuseEntry entry)
    {
        entry = default;
        int descriptor = Libc.OpenAt(parent, name, Libc.PathOnly | Libc.RefuseLink | Libc.CloseOnExec, 0);
        if (descriptor < 0)
            return Libc.LastError();
        Errno error = TryStat(descriptor, out StatX stat);
        if (error != Errno.None)
        {
            _ = Libc.Close(descriptor);
            return error;
        }

        entry = EntryOf(descriptor, name, stat);
        return Errno.None;
    }

    /// <summary>Takes over the O_PATH descriptor of a file and counts a reference by the kernel.</summary>
    private unsafe FuseEntry EntryOf(int descriptor, byte* name, in StatX stat)
    {
        UnderlayNode node = _nodes.Reference(descriptor, IdentityOf(stat));
        if (MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name).EndsWith(WriteAheadLogSuffix))
            node.IsWrittenThrough = true;
        return new FuseEntry
        {
            NodeId = node.Number,
            EntryValid = _valid,
            AttributesValid = _valid,
            Attributes = AttributesOf(stat),
        };
    }

    private bool TryFindFile(ulong handle, [NotNullWhen(true)] out OpenUnderlayFile? file) => (file = _files.Find(handle)) is not null;
}

/// <summary>An open file or folder of the underlay.</summary>
internal sealed class OpenUnderlayFile(int descriptor)
{
    public int Descriptor => descriptor;

    /// <summary>One reader of a folder at a time: its position is shared.</summary>
    public Lock Turn { get; } = new();
}
