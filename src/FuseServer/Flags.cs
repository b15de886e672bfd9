namespace FuseServer;

/// <summary>FOPEN_*: how the kernel treats one open file (linux/fuse.h).</summary>
[Flags]
public enum OpenReplyFlags
{
    None = 0,

    /// <summary>Bypass the page cache: each read(2) becomes READs of up to the maximum request size, without read-ahead.</summary>
    DirectIo = 1,

    /// <summary>Keep what the page cache holds of this file from earlier opens.</summary>
    KeepCache = 2,

    NonSeekable = 4,

    /// <summary>The kernel may keep the directory's listing.</summary>
    CacheDirectory = 8,
    Stream = 16,

    /// <summary>No FLUSH at close, unless the writeback cache is on (kernel 5.16, protocol 7.35).</summary>
    NoFlush = 32,

    /// <summary>Direct writes to one file may run side by side (protocol 7.38).</summary>
    ParallelDirectWrites = 64,
}

/// <summary>FATTR_*: which fields of a <see cref="SetAttributesRequest"/> count (linux/fuse.h).</summary>
[Flags]
public enum SetAttributesFields
{
    None = 0,
    Mode = 1 << 0,
    UserId = 1 << 1,
    GroupId = 1 << 2,
    Size = 1 << 3,
    AccessTime = 1 << 4,
    ModificationTime = 1 << 5,
    Handle = 1 << 6,

    /// <summary>Use the present time, not the one in the request.</summary>
    AccessTimeNow = 1 << 7,
    ModificationTimeNow = 1 << 8,
    LockOwner = 1 << 9,
    ChangeTime = 1 << 10,

    /// <summary>Clear the set-user-id and set-group-id bits.</summary>
    KillSetUserAndGroupId = 1 << 11,
}
