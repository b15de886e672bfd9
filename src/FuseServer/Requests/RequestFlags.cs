namespace FuseServer;

/// <summary>Which attributes a SETATTR sets: FATTR_* of linux/fuse.h.</summary>
[Flags]
public enum SetAttributesFields : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Permission bits.</summary>
    Mode = 1 << 0,

    /// <summary>Owner.</summary>
    UserId = 1 << 1,

    /// <summary>Group.</summary>
    GroupId = 1 << 2,

    /// <summary>Truncate or extend.</summary>
    Size = 1 << 3,

    /// <summary>Time of the last access.</summary>
    AccessTime = 1 << 4,

    /// <summary>Time of the last modification.</summary>
    ModificationTime = 1 << 5,

    /// <summary>An open file is given.</summary>
    Handle = 1 << 6,

    /// <summary>The access time is now.</summary>
    AccessTimeNow = 1 << 7,

    /// <summary>The modification time is now.</summary>
    ModificationTimeNow = 1 << 8,

    /// <summary>A lock owner is given.</summary>
    LockOwner = 1 << 9,

    /// <summary>Time of the last change of the node.</summary>
    ChangeTime = 1 << 10,

    /// <summary>Clear set-user-id and set-group-id.</summary>
    KillSetUserAndGroupId = 1 << 11,
}

/// <summary>How the kernel treats an open file: FOPEN_* of linux/fuse.h.</summary>
[Flags]
public enum OpenReplyFlags : uint
{
    /// <summary>Through the page cache, which is emptied at open.</summary>
    None = 0,

    /// <summary>Past the page cache.</summary>
    DirectIo = 1 << 0,

    /// <summary>The page cache stays valid.</summary>
    KeepCache = 1 << 1,

    /// <summary>lseek fails.</summary>
    NonSeekable = 1 << 2,

    /// <summary>The kernel keeps the entries of the folder.</summary>
    CacheDirectory = 1 << 3,

    /// <summary>Like a pipe: no position at all.</summary>
    Stream = 1 << 4,

    /// <summary>No FLUSH at close, unless the writeback cache has something to write (protocol 7.35).</summary>
    NoFlush = 1 << 5,

    /// <summary>Direct writes to one file need not wait for each other.</summary>
    ParallelDirectWrites = 1 << 6,
}
