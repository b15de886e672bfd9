using System.Runtime.InteropServices;

namespace WinFspBinding;

/// <summary>FSP_FSCTL_VOLUME_INFO: what Explorer shows of a volume.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
public unsafe struct VolumeInformation
{
    /// <summary>In UTF-16 units.</summary>
    public const int LongestLabel = 32;

    [FieldOffset(16)]
    private ushort _labelBytes;

    [FieldOffset(18)]
    private fixed char _label[LongestLabel];

    /// <summary>Bytes.</summary>
    [field: FieldOffset(0)]
    public ulong TotalSize { get; set; }

    /// <summary>Bytes.</summary>
    [field: FieldOffset(8)]
    public ulong FreeSize { get; set; }

    /// <summary>What is longer than <see cref="LongestLabel"/> is cut.</summary>
    public string Label
    {
        readonly get
        {
            fixed (char* label = _label)
                return new string(label, 0, _labelBytes / sizeof(char));
        }

        set
        {
            ReadOnlySpan<char> cut = value.AsSpan(0, Math.Min(value.Length, LongestLabel));
            fixed (char* label = _label)
                cut.CopyTo(new Span<char>(label, LongestLabel));
            _labelBytes = (ushort)(cut.Length * sizeof(char));
        }
    }
}
