using System.Runtime.InteropServices;

namespace FuseServer.Protocol;

// The bodies of answers and notifications, named after their structs in linux/fuse.h.

/// <summary>A cache timeout as the kernel takes it: whole seconds and nanoseconds.</summary>
internal static class CacheTime
{
    public static (ulong Seconds, uint Nanoseconds) Split(TimeSpan time)
    {
        long ticks = Math.Max(0, time.Ticks);
        return ((ulong)(ticks / TimeSpan.TicksPerSecond), (uint)(ticks % TimeSpan.TicksPerSecond) * 100);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct EntryOut
{
    public ulong NodeId;
    public ulong Generation;
    public ulong EntryValid;
    public ulong AttributesValid;
    public uint EntryValidNanoseconds;
    public uint AttributesValidNanoseconds;
    public FuseAttributes Attributes;

    public EntryOut(in FuseEntry entry)
    {
        NodeId = entry.NodeId;
        Generation = entry.Generation;
        (EntryValid, EntryValidNanoseconds) = CacheTime.Split(entry.EntryValid);
        (AttributesValid, AttributesValidNanoseconds) = CacheTime.Split(entry.AttributesValid);
        Attributes = entry.Attributes;
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct AttrOut
{
    public ulong Valid;
    public uint ValidNanoseconds;
    public uint Dummy;
    public FuseAttributes Attributes;

    public AttrOut(in FuseAttributes attributes, TimeSpan valid)
    {
        (Valid, ValidNanoseconds) = CacheTime.Split(valid);
        Attributes = attributes;
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct OpenOut
{
    public ulong Handle;
    public uint Flags;

    /// <summary>The backing id of a passthrough open; unused here.</summary>
    public int BackingId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct CreateOut
{
    public EntryOut Entry;
    public OpenOut Open;
}

[StructLayout(LayoutKind.Sequential)]
internal struct WriteOut
{
    public uint Size;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct GetXattrOut
{
    public uint Size;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LSeekOut
{
    public ulong Offset;
}

/// <summary>struct fuse_dirent without the name, which follows and is padded to 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DirectoryEntry
{
    public ulong Inode;
    public ulong NextOffset;
    public uint NameLength;
    public uint Type;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NotifyInvalidateInode
{
    public ulong NodeId;
    public long Offset;
    public long Length;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NotifyInvalidateEntry
{
    public ulong Parent;
    public uint NameLength;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NotifyDelete
{
    public ulong Parent;
    public ulong Child;
    public uint NameLength;
    public uint Padding;
}
