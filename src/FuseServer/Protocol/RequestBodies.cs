using System.Runtime.InteropServices;

namespace FuseServer.Protocol;

// The fixed parts of request bodies, named after their structs in linux/fuse.h (fuse_getattr_in is GetAttrIn, and so on).

[StructLayout(LayoutKind.Sequential)]
internal struct ForgetIn
{
    public ulong LookupCount;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ForgetOne
{
    public ulong NodeId;
    public ulong LookupCount;
}

[StructLayout(LayoutKind.Sequential)]
internal struct BatchForgetIn
{
    public uint Count;
    public uint Dummy;
}

[StructLayout(LayoutKind.Sequential)]
internal struct GetAttrIn
{
    /// <summary>FUSE_GETATTR_FH: <see cref="Handle"/> is valid.</summary>
    public const uint HandleValid = 1;

    public uint Flags;
    public uint Dummy;
    public ulong Handle;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SetAttrIn
{
    public uint Valid;
    public uint Padding;
    public ulong Handle;
    public ulong Size;
    public ulong LockOwner;
    public ulong AccessTime;
    public ulong ModificationTime;
    public ulong ChangeTime;
    public uint AccessTimeNanoseconds;
    public uint ModificationTimeNanoseconds;
    public uint ChangeTimeNanoseconds;
    public uint Mode;
    public uint Unused4;
    public uint UserId;
    public uint GroupId;
    public uint Unused5;
}

[StructLayout(LayoutKind.Sequential)]
internal struct MkNodIn
{
    public uint Mode;
    public uint DeviceId;
    public uint Umask;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct MkDirIn
{
    public uint Mode;
    public uint Umask;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RenameIn
{
    public ulong NewParent;
}

[StructLayout(LayoutKind.Sequential)]
internal struct Rename2In
{
    public ulong NewParent;
    public uint Flags;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LinkIn
{
    public ulong OldNodeId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OpenIn
{
    public int Flags;
    public uint OpenFlags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct CreateIn
{
    public int Flags;
    public uint Mode;
    public uint Umask;
    public uint OpenFlags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ReleaseIn
{
    public ulong Handle;
    public int Flags;
    public uint ReleaseFlags;
    public ulong LockOwner;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FlushIn
{
    public ulong Handle;
    public uint Unused;
    public uint Padding;
    public ulong LockOwner;
}

/// <summary>fuse_read_in and fuse_write_in, which have one layout.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReadWriteIn
{
    /// <summary>FUSE_WRITE_CACHE: the write comes from the page cache; handle and caller are guesses.</summary>
    public const uint WriteFromCache = 1;

    public ulong Handle;
    public ulong Offset;
    public uint Size;
    public uint RequestFlags;
    public ulong LockOwner;
    public int Flags;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FsyncIn
{
    /// <summary>FUSE_FSYNC_FDATASYNC.</summary>
    public const uint DataOnly = 1;

    public ulong Handle;
    public uint Flags;
    public uint Padding;
}

/// <summary>fuse_setxattr_in as long as FUSE_SETXATTR_EXT is not negotiated (FUSE_COMPAT_SETXATTR_IN_SIZE).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SetXattrIn
{
    public uint Size;
    public int Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct GetXattrIn
{
    public uint Size;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AccessIn
{
    public uint Mask;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct InterruptIn
{
    public ulong Unique;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FallocateIn
{
    public ulong Handle;
    public ulong Offset;
    public ulong Length;
    public uint Mode;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LSeekIn
{
    public ulong Handle;
    public ulong Offset;
    public uint Whence;
    public uint Padding;
}
