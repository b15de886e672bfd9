namespace OrthancCloudFs.Attachments;

/// <summary>
/// A folder of Orthanc's two-level hash tree: the root (depth 0), <c>aa</c> (depth 1) or <c>aa/bb</c> (depth 2), where <c>aa</c> and
/// <c>bb</c> are the first two bytes of an attachment's UUID.
/// </summary>
public readonly record struct HashDirectory
{
    private HashDirectory(int depth, byte first, byte second) => (Depth, FirstByte, SecondByte) = (depth, first, second);

    /// <summary>The root of the tree.</summary>
    public static HashDirectory Root => default;

    /// <summary>0, 1 or 2.</summary>
    public int Depth { get; }

    /// <summary>The byte that <c>aa</c> stands for; 0 in the root.</summary>
    public byte FirstByte { get; }

    /// <summary>The byte that <c>bb</c> stands for; 0 above depth 2.</summary>
    public byte SecondByte { get; }

    /// <summary>The folder <c>aa</c>.</summary>
    public static HashDirectory First(byte first) => new(1, first, 0);

    /// <summary>The folder <c>aa/bb</c>.</summary>
    public static HashDirectory Second(byte first, byte second) => new(2, first, second);

    /// <summary>The sub-folder for one byte.</summary>
    public HashDirectory Child(byte value) => Depth switch
    {
        0 => First(value),
        1 => Second(FirstByte, value),
        _ => throw new InvalidOperationException("The hash tree has two levels."),
    };

    /// <summary>Reads the name of a sub-folder: exactly two lower-case hexadecimal digits, and never below depth 2.</summary>
    public bool TryGetChild(ReadOnlySpan<byte> name, out HashDirectory child)
    {
        child = default;
        if (Depth == 2 || name.Length != 2 || !HexDigit.TryParse(name[0], out byte high) || !HexDigit.TryParse(name[1], out byte low))
            return false;
        child = Child((byte)((high << 4) | low));
        return true;
    }

    /// <summary>True when the attachment is filed in this folder.</summary>
    public bool Holds(AttachmentId id) => Depth == 2 && id.Directory == this;

    /// <summary>The two hexadecimal digits of a byte, as folders are named.</summary>
    public static string NameOf(byte value) => value.ToString("x2");

    /// <summary>The path below the root: empty, <c>aa</c> or <c>aa/bb</c>.</summary>
    public override string ToString() => Depth switch
    {
        0 => "",
        1 => NameOf(FirstByte),
        _ => $"{NameOf(FirstByte)}/{NameOf(SecondByte)}",
    };
}
