using OrthancCloudFs.Envelope.Ciphers;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>
/// One AES-256 master key (key encryption key) with its id. The bytes lie in <see cref="SecretMemory"/> and are cleared on disposal, as soon
/// as the last lease has ended.
/// </summary>
public sealed class MasterKey : IDisposable
{
    private readonly SecretBuffer _memory;

    /// <summary>Copies <paramref name="key"/>, 32 bytes; the caller clears its own copy.</summary>
    public MasterKey(uint id, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, CipherSizes.Key, nameof(key));
        Id = id;
        _memory = new SecretBuffer(CipherSizes.Key);
        using SecretBuffer.Lease lease = _memory.Borrow();
        key.CopyTo(lease.Bytes);
    }

    /// <summary>The number that objects carry to name this key.</summary>
    public uint Id { get; }

    /// <summary>Lends the bytes; while a lease lasts, disposal does not clear them.</summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    internal SecretBuffer.Lease Borrow() => _memory.Borrow();

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>The id, and never the key.</summary>
    public override string ToString() => $"master key {Id} [redacted]";
}
