using System.Runtime.InteropServices;

namespace WinFspBinding.Native;

/// <summary>FSP_FSCTL_TRANSACT_FULL_CONTEXT: what a file system hangs on an open file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FullContext
{
    /// <summary>Of the file.</summary>
    public ulong UserContext;

    /// <summary>Of this opening of it.</summary>
    public ulong UserContext2;
}

/// <summary>The kinds of requests that can be answered later: FspFsctlTransact…Kind.</summary>
internal enum TransactKind : uint
{
    Read = 5,
    Write = 6,
    QueryDirectory = 14,
}

/// <summary>The head of FSP_FSCTL_TRANSACT_REQ.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct TransactRequest
{
    [FieldOffset(0)]
    public ushort Version;

    [FieldOffset(2)]
    public ushort Size;

    [FieldOffset(4)]
    public TransactKind Kind;

    /// <summary>What tells the request from all others; its answer carries it.</summary>
    [FieldOffset(8)]
    public ulong Hint;
}

/// <summary>FSP_FSCTL_TRANSACT_RSP.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct TransactResponse
{
    [FieldOffset(0)]
    public ushort Version;

    [FieldOffset(2)]
    public ushort Size;

    [FieldOffset(4)]
    public TransactKind Kind;

    [FieldOffset(8)]
    public ulong Hint;

    /// <summary>Bytes that were read, written, or put into a listing.</summary>
    [FieldOffset(16)]
    public uint Information;

    [FieldOffset(20)]
    public NtStatus Status;

    /// <summary>Of a write.</summary>
    [FieldOffset(24)]
    public FileInformation FileInformation;
}

/// <summary>FSP_FILE_SYSTEM_OPERATION_CONTEXT: the request that a callback runs for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OperationContext
{
    public TransactRequest* Request;
    public TransactResponse* Response;
}

/// <summary>FSP_FSCTL_DIR_INFO without its name, which follows at offset 104.</summary>
[StructLayout(LayoutKind.Explicit, Size = NameOffset)]
internal struct DirectoryInformation
{
    public const int NameOffset = 104;

    /// <summary>Bytes, the name included.</summary>
    [FieldOffset(0)]
    public ushort Size;

    [FieldOffset(8)]
    public FileInformation FileInformation;

    [FieldOffset(80)]
    public ulong NextOffset;
}

/// <summary>FSP_FILE_SYSTEM, as far as a file system may touch it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 792)]
internal struct FileSystemObject
{
    [FieldOffset(0)]
    public ushort Version;

    [FieldOffset(8)]
    public nint UserContext;

    /// <summary>With null here and in <see cref="LeaveOperation"/>, callbacks are not kept from each other.</summary>
    [FieldOffset(536)]
    public nint EnterOperation;

    [FieldOffset(544)]
    public nint LeaveOperation;
}
