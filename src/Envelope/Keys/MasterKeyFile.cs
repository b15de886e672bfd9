using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using OrthancCloudFs.Envelope.Ciphers;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>A key that was read, and what its owner should be warned of, if anything.</summary>
/// <param name="Key">The key; the caller disposes it or gives it to a ring.</param>
/// <param name="Warning">One line, or null.</param>
public sealed record LoadedMasterKey(MasterKey Key, string? Warning);

/// <summary>Files that hold the base64 of a 32-byte master key, as <c>openssl rand -base64 32</c> writes them.</summary>
public static partial class MasterKeyFile
{
    /// <summary>Longer files are no key files; more is not read.</summary>
    private const int LongestFile = 4096;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string Expected = "a key file holds the base64 of exactly 32 bytes; 'orthanc-cloudfs keygen FILE' makes one";

    /// <summary>Reads a key. White space anywhere is ignored.</summary>
    /// <exception cref="MasterKeyException">
    /// The file is missing, unreadable, or not the base64 of exactly 32 bytes; on Windows also: others may read or write it.
    /// </exception>
    public static LoadedMasterKey Load(uint id, string path)
    {
        Span<byte> text = stackalloc byte[LongestFile + 1];
        try
        {
            int length = Read(path, text, out string? warning);
            return new LoadedMasterKey(Decode(id, path, text[..length]), warning);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Writes a fresh key to a new file that only its owner may read and write (mode 0600; on Windows System and the Administrators may too), and makes it durable.</summary>
    /// <exception cref="MasterKeyException">The file exists already, which is never overwritten, or cannot be written.</exception>
    public static void Create(string path)
    {
        Span<byte> key = stackalloc byte[CipherSizes.Key];
        Span<byte> line = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(CipherSizes.Key) + 1];
        bool created = false;
        try
        {
            SystemRandom.Fill(key);
            Base64.EncodeToUtf8(key, line, out _, out int length);
            line[length] = (byte)'\n';

            using FileStream file = OperatingSystem.IsWindows() ? WindowsKeyFile.Create(path) : CreateOnUnix(path);
            created = true;
            file.Write(line);
            SyncDirectory(path);
        }
        catch (IOException) when (!created && Path.Exists(path))
        {
            throw new MasterKeyException($"{path}: exists already and is not overwritten; choose another name");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (created)
                File.Delete(path);
            throw new MasterKeyException($"{path}: cannot be written: {error.Message}", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(line);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static FileStream CreateOnUnix(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        BufferSize = 0,
        UnixCreateMode = OwnerOnly,

        // The write itself fails when the disk does, whereas FileStream.Flush would not report a failed fsync on Unix.
        Options = FileOptions.WriteThrough,
    });

    private static int Read(string path, Span<byte> text, out string? warning)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });
            warning = null;
            if (OperatingSystem.IsWindows())
                WindowsKeyFile.RequirePrivate(file, path);
            else
                warning = WarnOfMode(path, File.GetUnixFileMode(file.SafeFileHandle));

            int length = 0;
            int count;
            do
            {
                count = RandomAccess.Read(file.SafeFileHandle, text[length..], length);
                length += count;
            }
            while (count > 0);
            return length;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MasterKeyException($"{path}: no such key file; 'orthanc-cloudfs keygen FILE' makes one");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new MasterKeyException($"{path}: the key file cannot be read: {error.Message}", error);
        }
    }

    private static string? WarnOfMode(string path, UnixFileMode mode)
        => (mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) == UnixFileMode.None
            ? null
            : $"{path}: the key file is open to everybody (mode {Convert.ToString((int)mode, 8)}); restrict it with 'chmod 600 {path}'";

    private static MasterKey Decode(uint id, string path, Span<byte> text)
    {
        if (text.Length > LongestFile)
            throw Refuse(path, $"more than {LongestFile} bytes");
        if (text.Length == 0)
            throw Refuse(path, "an empty file");

        int characters = RemoveWhiteSpace(text);
        if (characters == 0)
            throw Refuse(path, "nothing but white space");

        ReadOnlySpan<byte> compact = text[..characters];
        if (characters is 2 * CipherSizes.Key && IsHex(compact))
            throw Refuse(path, "64 hexadecimal digits");
        if (compact.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            throw Refuse(path, $"{text.Length} bytes of binary data");

        Span<byte> key = stackalloc byte[LongestFile];
        try
        {
            OperationStatus status = Base64.DecodeFromUtf8(compact, key, out _, out int length);
            if (status != OperationStatus.Done)
                throw Refuse(path, $"{characters} characters that are not base64");
            if (length != CipherSizes.Key)
                throw Refuse(path, $"the base64 of {length} bytes");

            return new MasterKey(id, key[..length]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static MasterKeyException Refuse(string path, string found) => new($"{path}: found {found}; {Expected}");

    private static int RemoveWhiteSpace(Span<byte> text)
    {
        int kept = 0;
        foreach (byte character in text)
        {
            if (character is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                text[kept++] = character;
        }

        return kept;
    }

    private static bool IsHex(ReadOnlySpan<byte> text)
    {
        foreach (byte character in text)
        {
            if (!char.IsAsciiHexDigit((char)character))
                return false;
        }

        return true;
    }

    /// <summary>Makes the new name durable too. .NET opens no folders, hence the system calls.</summary>
    private static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return; // a folder cannot be synced there; NTFS journals its names

        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        int descriptor = Open(directory, flags: 0);
        bool synced = descriptor >= 0 && Fsync(descriptor) == 0;
        int error = Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
            _ = Close(descriptor);
        if (!synced)
            throw new IOException($"fsync of {directory}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
