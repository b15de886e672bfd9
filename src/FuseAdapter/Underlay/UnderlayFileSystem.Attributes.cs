using FuseServer;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>stat, chmod, chown, truncate, utimens and statfs.</summary>
public sealed partial class UnderlayFileSystem
{
    private const uint Unchanged = uint.MaxValue; // (uid_t)-1 of chown(2)

    /// <inheritdoc/>
    public override void GetAttributes(GetAttributesRequest r)
    {
        Errno error = TryStatNode(r.NodeId, r.Handle, out StatX stat);
        if (error == Errno.None)
            r.Reply(AttributesOf(stat), _valid);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override void SetAttributes(SetAttributesRequest r)
    {
        Errno error = _nodes.TryFind(r.NodeId, out UnderlayNode? node) ? Change(r, node) : Errno.ESTALE;
        StatX stat = default;
        if (error == Errno.None)
            error = TryStatNode(r.NodeId, r.Handle, out stat);
        if (error == Errno.None)
            r.Reply(AttributesOf(stat), _valid);
        else
            r.Fail(error);
    }

    /// <inheritdoc/>
    public override unsafe void StatFileSystem(StatFileSystemRequest r)
    {
        StatFs figures = default;
        Errno error = _nodes.TryFind(r.NodeId, out UnderlayNode? node)
            ? Libc.ErrorOf(Libc.StatFileSystem(node.Descriptor, &figures))
            : Errno.ESTALE;
        if (error != Errno.None)
        {
            r.Fail(error);
            return;
        }

        r.Reply(new FuseFileSystemStatistics
        {
            BlockSize = (uint)figures.BlockSize,
            FragmentSize = (uint)figures.FragmentSize,
            Blocks = figures.Blocks,
            FreeBlocks = figures.FreeBlocks,
            AvailableBlocks = figures.AvailableBlocks,
            Files = figures.Files,
            FreeFiles = figures.FreeFiles,
            NameLength = (uint)figures.NameLength,
        });
    }

    private static unsafe Errno ChangeOwner(SetAttributesRequest r, UnderlayNode node)
    {
        byte empty = 0;
        uint user = r.Fields.HasFlag(SetAttributesFields.UserId) ? r.OwnerUserId : Unchanged;
        uint group = r.Fields.HasFlag(SetAttributesFields.GroupId) ? r.OwnerGroupId : Unchanged;
        return user == Unchanged && group == Unchanged
            ? Errno.None
            : Libc.ErrorOf(Libc.ChangeOwner(node.Descriptor, &empty, user, group, Libc.EmptyPath | Libc.NoFollow));
    }

    private static unsafe Errno ChangeTimes(SetAttributesRequest r, UnderlayNode node)
    {
        if ((r.Fields & (SetAttributesFields.AccessTime | SetAttributesFields.ModificationTime)) == SetAttributesFields.None)
            return Errno.None;
        TimeSpec* times = stackalloc TimeSpec[2];
        times[0] = Time(r.Fields, SetAttributesFields.AccessTime, SetAttributesFields.AccessTimeNow, r.AccessTime, r.AccessTimeNanoseconds);
        times[1] = Time(
            r.Fields, SetAttributesFields.ModificationTime, SetAttributesFields.ModificationTimeNow, r.ModificationTime, r.ModificationTimeNanoseconds);
        byte empty = 0;
        return Libc.ErrorOf(Libc.SetTimes(node.Descriptor, &empty, times, Libc.EmptyPath | Libc.NoFollow));
    }

    private static TimeSpec Time(
        SetAttributesFields fields, SetAttributesFields set, SetAttributesFields now, ulong seconds, uint nanoseconds)
    {
        if (fields.HasFlag(now))
            return new TimeSpec { Nanoseconds = TimeSpec.Now };
        return fields.HasFlag(set)
            ? new TimeSpec { Seconds = (long)seconds, Nanoseconds = nanoseconds }
            : new TimeSpec { Nanoseconds = TimeSpec.Omit };
    }

    private Errno Change(SetAttributesRequest r, UnderlayNode node)
    {
        Errno error = ChangeOwner(r, node);
        if (error == Errno.None && r.Fields.HasFlag(SetAttributesFields.Mode))
            error = Libc.ErrorOf(Libc.ChangeMode(Libc.DescriptorPath(node.Descriptor), r.Mode & PermissionBits));
        if (error == Errno.None && r.Fields.HasFlag(SetAttributesFields.Size))
        {
            error = Libc.ErrorOf(r.Handle is { } handle && TryFindFile(handle, out OpenUnderlayFile? file)
                ? Libc.TruncateFile(file.Descriptor, (long)r.Size)
                : Libc.TruncatePath(Libc.DescriptorPath(node.Descriptor), (long)r.Size));
        }

        return error == Errno.None ? ChangeTimes(r, node) : error;
    }

    private Errno TryStatNode(ulong number, ulong? handle, out StatX stat)
    {
        stat = default;
        if (handle is { } open && TryFindFile(open, out OpenUnderlayFile? file))
            return TryStat(file.Descriptor, out stat);
        return _nodes.TryFind(number, out UnderlayNode? node) ? TryStat(node.Descriptor, out stat) : Errno.ESTALE;
    }
}
