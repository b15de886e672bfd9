using System.Security.Cryptography;
using OrthancCloudFs.Benchmarks.Clients;

namespace OrthancCloudFs.Benchmarks.Soak;

/// <summary>Clients that each store a file of their own, read it back and verify it, all at once; then all files are deleted.</summary>
internal sealed class SoakLoad
{
    private readonly OrthancStorage _storage;
    private readonly byte[][] _contents;

    public SoakLoad(string mountPoint, int clients, int fileBytes)
    {
        _storage = new OrthancStorage(mountPoint);
        _contents = [.. Enumerable.Range(0, clients).Select(_ => SampleContent.Create(fileBytes))];
    }

    /// <summary>One file of each client.</summary>
    /// <exception cref="IOException">A call failed, or what was read is not what was stored.</exception>
    public void RunRound()
    {
        string[] uuids = [.. _contents.Select(static _ => Guid.NewGuid().ToString())];
        int[] files = [.. Enumerable.Range(0, uuids.Length)];
        _ = ParallelClients.Run(uuids.Length, files, (_, file) => StoreAndReadBack(uuids[file], _contents[file]));
        _ = ParallelClients.Run(uuids.Length, files, (_, file) => _storage.Delete(uuids[file]));
    }

    private void StoreAndReadBack(string uuid, byte[] content)
    {
        // No two rounds store the same bytes.
        RandomNumberGenerator.Fill(content.AsSpan(^32..));
        byte[] stored = SHA256.HashData(content);
        _storage.Store(uuid, content);
        content.AsSpan().Clear();
        int length = _storage.Read(uuid, content);
        if (length != content.Length || !SHA256.HashData(content).AsSpan().SequenceEqual(stored))
            throw new IOException($"{uuid}: what was read back is not what was stored");
    }
}
