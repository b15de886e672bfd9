using System.Runtime.InteropServices;

namespace OrthancCloudFs.Benchmarks.Clients;

/// <summary>
/// Stores, reads and deletes one attachment below a folder with the system calls of Orthanc's FilesystemStorage, in its order: 4096 bytes a
/// write, then fdatasync (SyncStorageArea is on by default).
/// </summary>
internal sealed unsafe class OrthancStorage(string root)
{
    /// <summary>The buffer of a C++ stream as Orthanc uses it.</summary>
    private const int WriteBytes = 4096;

    public string Root => root;

    public void Store(string uuid, ReadOnlySpan<byte> content)
    {
        string path = PathOf(uuid);
        if (Libc.Exists(path))
            throw new IOException($"{path} exists already");
        MakeFolders(uuid);
        int file = Require(Libc.Open(path, Libc.CreateForWriting, 0x1B6), "open", path); // 0666
        try
        {
            fixed (byte* start = content)
            {
                for (int done = 0; done < content.Length; done += WriteBytes)
                {
                    int count = Math.Min(WriteBytes, content.Length - done);
                    if (Libc.Write(file, start + done, (nuint)count) != count)
                        throw Libc.Failure("write", path);
                }
            }

            _ = Require(Libc.SynchronizeData(file), "fdatasync", path);
        }
        catch
        {
            _ = Libc.Close(file);
            throw;
        }

        _ = Require(Libc.Close(file), "close", path);
    }

    /// <summary>Reads the whole file with one call where the file system gives it in one; returns its length.</summary>
    public int Read(string uuid, Span<byte> into)
    {
        string path = PathOf(uuid);
        if (!Libc.Exists(path))
            throw new FileNotFoundException("There is no such attachment.", path);
        int file = Require(Libc.Open(path, Libc.ReadOnly, 0), "open", path);
        try
        {
            int length = checked((int)Libc.Seek(file, 0, Libc.SeekEnd));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, into.Length, nameof(into));
            _ = Libc.Seek(file, 0, Libc.SeekSet);
            fixed (byte* start = into)
            {
                for (int done = 0; done < length;)
                {
                    nint count = Libc.Read(file, start + done, (nuint)(length - done));
                    if (count <= 0)
                        throw Libc.Failure("read", path);
                    done += (int)count;
                }
            }

            return length;
        }
        finally
        {
            _ = Libc.Close(file);
        }
    }

    public void Delete(string uuid)
    {
        string path = PathOf(uuid);
        _ = Require(Libc.Unlink(path), "unlink", path);

        // Orthanc tries both and looks at no answer: they fail while another attachment is in there.
        _ = Libc.RemoveDirectory(SecondFolder(uuid));
        _ = Libc.RemoveDirectory(FirstFolder(uuid));
    }

    private static int Require(int result, string call, string path) => result >= 0 ? result : throw Libc.Failure(call, path);

    private string FirstFolder(string uuid) => $"{root}/{uuid.AsSpan(0, 2)}";

    private string SecondFolder(string uuid) => $"{root}/{uuid.AsSpan(0, 2)}/{uuid.AsSpan(2, 2)}";

    private string PathOf(string uuid) => $"{root}/{uuid.AsSpan(0, 2)}/{uuid.AsSpan(2, 2)}/{uuid}";

    private void MakeFolders(string uuid)
    {
        if (Libc.Exists(SecondFolder(uuid)))
            return;
        foreach (string folder in (ReadOnlySpan<string>)[FirstFolder(uuid), SecondFolder(uuid)])
        {
            if (Libc.MakeDirectory(folder, 0x1FF) < 0 && Marshal.GetLastPInvokeError() != Libc.EEXIST)
                throw Libc.Failure("mkdir", folder);
        }
    }
}
