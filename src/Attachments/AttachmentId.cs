using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace OrthancCloudFs.Attachments;

/// <summary>
/// The name of one attachment: a UUID written as 8-4-4-4-12 lower-case hexadecimal digits, as Orthanc's <c>Toolbox::GenerateUuid</c> does.
/// </summary>
public readonly struct AttachmentId : IEquatable<AttachmentId>, IComparable<AttachmentId>
{
    /// <summary>Characters in the written form.</summary>
    public const int TextLength = 36;

    private readonly UInt128 _value;

    private AttachmentId(UInt128 value) => _value = value;

    /// <summary>The two hash directories in which Orthanc files this attachment.</summary>
    public HashDirectory Directory => HashDirectory.Second((byte)(_value >> 120), (byte)(_value >> 112));

    /// <summary>Reads the written form; anything else, upper case included, is no attachment name.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out AttachmentId id)
    {
        id = default;
        if (utf8.Length != TextLength)
            return false;
        UInt128 value = 0;
        for (int i = 0; i < TextLength; i++)
        {
            byte c = utf8[i];
            if (i is 8 or 13 or 18 or 23)
            {
                if (c != (byte)'-')
                    return false;
                continue;
            }

            if (!HexDigit.TryParse(c, out byte digit))
                return false;
            value = (value << 4) | digit;
        }

        id = new AttachmentId(value);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out AttachmentId)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out AttachmentId id)
    {
        Span<byte> utf8 = stackalloc byte[TextLength];
        if (text.Length == TextLength && Encoding.ASCII.TryGetBytes(text, utf8, out int written))
            return TryParse(utf8[..written], out id);
        id = default;
        return false;
    }

    /// <summary>Writes the 36 characters of the name as UTF-8.</summary>
    public void Format(Span<byte> utf8)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _value);
        int at = 0;
        for (int i = 0; i < 16; i++)
        {
            if (i is 4 or 6 or 8 or 10)
                utf8[at++] = (byte)'-';
            utf8[at++] = HexDigit.Format(bytes[i] >> 4);
            utf8[at++] = HexDigit.Format(bytes[i] & 15);
        }
    }

    /// <summary>A number that names the attachment to an operating system that identifies files by 64 bits.</summary>
    public ulong ToInodeNumber() => (ulong)(_value >> 64) ^ (ulong)_value;

    /// <inheritdoc/>
    public override string ToString() => string.Create(TextLength, this, static (text, id) =>
    {
        Span<byte> utf8 = stackalloc byte[TextLength];
        id.Format(utf8);
        Encoding.ASCII.GetChars(utf8, text);
    });

    /// <inheritdoc/>
    public bool Equals(AttachmentId other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is AttachmentId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(AttachmentId other) => _value.CompareTo(other._value);

    /// <summary>Same name.</summary>
    public static bool operator ==(AttachmentId left, AttachmentId right) => left.Equals(right);

    /// <summary>Another name.</summary>
    public static bool operator !=(AttachmentId left, AttachmentId right) => !left.Equals(right);

    /// <summary>Order of the written forms.</summary>
    public static bool operator <(AttachmentId left, AttachmentId right) => left._value < right._value;

    /// <summary>Order of the written forms.</summary>
    public static bool operator <=(AttachmentId left, AttachmentId right) => left._value <= right._value;

    /// <summary>Order of the written forms.</summary>
    public static bool operator >(AttachmentId left, AttachmentId right) => left._value > right._value;

    /// <summary>Order of the written forms.</summary>
    public static bool operator >=(AttachmentId left, AttachmentId right) => left._value >= right._value;
}
