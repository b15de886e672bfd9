using System.Buffers.Binary;
using System.IO.Hashing;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>What a <see cref="RecordLog"/> held when it was opened.</summary>
/// <param name="Records">The intact ones, in order.</param>
/// <param name="Damages">Byte ranges that are no records; empty for a healthy file.</param>
public sealed record RecordLogContent(IReadOnlyList<byte[]> Records, IReadOnlyList<RecordLogDamage> Damages)
{
    internal static RecordLogContent Empty { get; } = new([], []);
}

/// <summary>Bytes of a log that cannot be used.</summary>
/// <param name="Offset">Of the first one in the file.</param>
/// <param name="Length">How many.</param>
/// <param name="IsTail">They are the last of the file: what a crash in the middle of a write leaves.</param>
public sealed record RecordLogDamage(long Offset, long Length, bool IsTail);

/// <summary>
/// The bytes of a <see cref="RecordLog"/>: a line that names the format, then records. A record is a marker (4 bytes), the length of its
/// content (4 bytes), a CRC-32 of length and content (4 bytes), all little-endian, and the content. The marker lets a reader find the next
/// record behind a damage.
/// </summary>
public static class RecordFormat
{
    /// <summary>In bytes; what a damaged length claims beyond this is not believed.</summary>
    public const int LongestRecord = 1 << 20;

    private const int PrefixLength = 12;

    /// <summary>"OCR1" as bytes; text of records never begins like this.</summary>
    private const uint Marker = 0x3152434F;

    private static ReadOnlySpan<byte> Title => "OrthancCloudFs record log 1\n"u8;

    /// <summary>A whole file.</summary>
    public static byte[] Format(IReadOnlyList<byte[]> records) =>
        [.. Title, .. FormatRecords(records.Select(record => (ReadOnlyMemory<byte>)record))];

    /// <summary>Records one behind the other.</summary>
    public static byte[] FormatRecords(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        ReadOnlyMemory<byte>[] all = [.. records];
        byte[] bytes = new byte[all.Sum(record => PrefixLength + record.Length)];
        Span<byte> rest = bytes;
        foreach (ReadOnlyMemory<byte> record in all)
        {
            record.Span.CopyTo(rest[PrefixLength..]);
            BinaryPrimitives.WriteUInt32LittleEndian(rest, Marker);
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], record.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[8..], Checksum(rest[4..8], record.Span));
            rest = rest[(PrefixLength + record.Length)..];
        }

        return bytes;
    }

    /// <summary>What is intact in a file, and what is not. Never throws, whatever the bytes.</summary>
    public static RecordLogContent Read(ReadOnlySpan<byte> file)
    {
        var records = new List<byte[]>();
        var damages = new List<RecordLogDamage>();
        int position = file.StartsWith(Title) ? Title.Length : 0;
        int damageStart = -1;
        while (position < file.Length)
        {
            if (TryRead(file[position..], out ReadOnlySpan<byte> record))
            {
                if (damageStart >= 0)
                    damages.Add(new RecordLogDamage(damageStart, position - damageStart, IsTail: false));
                damageStart = -1;
                records.Add(record.ToArray());
                position += PrefixLength + record.Length;
                continue;
            }

            if (damageStart < 0)
                damageStart = position;
            int next = file[(position + 1)..].IndexOf(MarkerBytes);
            position = next < 0 ? file.Length : position + 1 + next;
        }

        if (damageStart >= 0)
            damages.Add(new RecordLogDamage(damageStart, file.Length - damageStart, IsTail: true));
        return new RecordLogContent(records, damages);
    }

    internal static void Check(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LongestRecord);
    }

    private static ReadOnlySpan<byte> MarkerBytes => "OCR1"u8;

    private static bool TryRead(ReadOnlySpan<byte> from, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (from.Length < PrefixLength || BinaryPrimitives.ReadUInt32LittleEndian(from) != Marker)
            return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(from[4..]);
        if (length is <= 0 or > LongestRecord || length > from.Length - PrefixLength)
            return false;
        record = from.Slice(PrefixLength, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(from[8..]) == Checksum(from[4..8], record);
    }

    private static uint Checksum(ReadOnlySpan<byte> length, ReadOnlySpan<byte> record)
    {
        var hash = new Crc32();
        hash.Append(length);
        hash.Append(record);
        return hash.GetCurrentHashAsUInt32();
    }
}
