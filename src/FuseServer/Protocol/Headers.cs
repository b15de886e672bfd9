using System.Runtime.InteropServices;

namespace FuseServer.Protocol;

// Layouts of linux/fuse.h; their sizes and offsets are asserted by the tests.

/// <summary>struct fuse_in_header: starts every request.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InHeader
{
    public uint Length;
    public Opcode Opcode;
    public ulong Unique;
    public ulong NodeId;
    public uint UserId;
    public uint GroupId;
    public uint ProcessId;

    /// <summary>Length of the extensions after the body in units of 8 bytes; 0 unless an extension was negotiated (7.38).</summary>
    public ushort ExtensionLength;
    public ushort Padding;
}

/// <summary>struct fuse_out_header: starts every answer and notification.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OutHeader
{
    public uint Length;

    /// <summary>A negative error number, or the code of a notification when <see cref="Unique"/> is 0.</summary>
    public int Error;
    public ulong Unique;
}

/// <summary>struct fuse_init_in. Kernels before 7.36 send only the first 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InitIn
{
    /// <summary>Bytes that every kernel since 7.6 sends.</summary>
    public const int ShortSize = 16;

    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
    public uint Flags2;
    public fixed uint Unused[11];
}

/// <summary>struct fuse_init_out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGranularity;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public fixed uint Unused[6];
}
