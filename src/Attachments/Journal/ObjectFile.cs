using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Hashing;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Local;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>
/// A file that holds one sealed object, as it will lie in the bucket, and behind it the record that also stands in the log, and the length of
/// that record (4 bytes, little-endian): so what is there can be used also when the log is lost.
/// </summary>
internal static class ObjectFile
{
    private const string Extension = ".object";
    private const int CopyBytes = 256 << 10;

    /// <summary>Where the object of that number lies.</summary>
    public static string PathOf(string directory, long number) =>
        Path.Combine(directory, number.ToString("x16", CultureInfo.InvariantCulture) + Extension);

    /// <summary>The numbers of all files of a directory.</summary>
    public static IEnumerable<long> NumbersIn(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Extension))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (long.TryParse(name, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long number) && number > 0)
                yield return number;
        }
    }

    /// <summary>A new, empty file, which its owner alone may read.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static FileStream Create(string path) => new(path, JournalDirectory.ForOwner(new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Share = FileShare.Read | FileShare.Delete,
        BufferSize = 0,
    }));

    /// <summary>For reading; goes on after the file was deleted.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static FileStream OpenRead(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
    });

    /// <summary>Removes a file; one that stays all the same is removed by the next start, since no record names it.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    /// <summary>Writes the bytes of a piece to their place; returns what describes it.</summary>
    /// <exception cref="IOException">The disk is full, or ill.</exception>
    public static ObjectPiece Write(FileStream file, long offset, IUploadSource source)
    {
        var hash = new XxHash3();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            using Stream from = source.OpenRead();
            long written = 0;
            for (int count; (count = from.Read(buffer)) > 0; written += count)
            {
                hash.Append(buffer.AsSpan(0, count));
                RandomAccess.Write(file.SafeFileHandle, buffer.AsSpan(0, count), offset + written);
            }

            return new ObjectPiece(written, hash.GetCurrentHashAsUInt64());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Completes a file whose object was written; durable, but for its name, when this returns.</summary>
    /// <exception cref="IOException">The disk is full, or ill.</exception>
    public static void Finish(FileStream file, PendingUpload upload, byte[] record)
    {
        byte[] framed = RecordFormat.FormatRecords([record]);
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, framed.Length);
        RandomAccess.Write(file.SafeFileHandle, [framed, length], upload.Length);
        DirectorySync.FlushFile(file.SafeFileHandle, file.Name);
    }

    /// <summary>Reads the record behind the object; null where there is no intact one. Never believes a length that the file does not have.</summary>
    public static byte[]? TryReadRecord(string path)
    {
        using FileStream file = OpenRead(path);
        Span<byte> length = stackalloc byte[sizeof(int)];
        long end = file.Length - sizeof(int);
        if (end < 0 || RandomAccess.Read(file.SafeFileHandle, length, end) != sizeof(int))
            return null;
        int framed = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (framed <= 0 || framed > end || framed > 2 * RecordFormat.LongestRecord)
            return null;
        byte[] bytes = new byte[framed];
        if (RandomAccess.Read(file.SafeFileHandle, bytes, end - framed) != framed)
            return null;
        RecordLogContent content = RecordFormat.Read(bytes);
        return content is { Records: [var record], Damages: [] } ? record : null;
    }

    /// <summary>True when the file holds the bytes that were acknowledged; otherwise what is wrong with it.</summary>
    public static bool IsIntact(string path, PendingUpload upload, [NotNullWhen(false)] out string? fault)
    {
        fault = null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            using FileStream file = OpenRead(path);
            long offset = 0;
            foreach (ObjectPiece piece in upload.Pieces)
            {
                var hash = new XxHash3();
                for (long end = offset + piece.Length; offset < end;)
                {
                    int count = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
                    if (count == 0)
                    {
                        fault = $"{path} ends after {offset} of {upload.Length} bytes";
                        return false;
                    }

                    hash.Append(buffer.AsSpan(0, count));
                    offset += count;
                }

                if (hash.GetCurrentHashAsUInt64() != piece.Hash)
                {
                    fault = $"{path} has other bytes than were written to it, before byte {offset}";
                    return false;
                }
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            fault = $"{path} is missing";
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>Bytes of an object file as the source of an upload.</summary>
internal sealed class ObjectFileSource(string path, long offset, long length) : IUploadSource
{
    public long Length => length;

    public Stream OpenRead() => new FileRange(ObjectFile.OpenRead(path), offset, length);
}
