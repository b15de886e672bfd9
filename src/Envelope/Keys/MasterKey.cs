using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrthancCloudFs.Envelope.Ciphers;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>
/// One AES-256 master key (key encryption key) with its id. The bytes lie in native memory, which no garbage collector copies,
/// and are cleared on disposal as soon as the last <see cref="Lease"/> has ended.
/// </summary>
public sealed class MasterKey : IDisposable
{
    private readonly KeyMemory _memory;

    /// <summary>Copies <paramref name="key"/>, 32 bytes; the caller clears its own copy.</summary>
    public MasterKey(uint id, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, CipherSizes.Key, nameof(key));
        Id = id;
        _memory = new KeyMemory(key);
    }

    /// <summary>The number that objects carry to name this key.</summary>
    public uint Id { get; }

    /// <summary>Lends the bytes; while a lease lasts, disposal does not clear them.</summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    internal Lease Borrow() => new(_memory);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>The id, and never the key.</summary>
    public override string ToString() => $"master key {Id} [redacted]";

    internal readonly ref struct Lease : IDisposable
    {
        private readonly KeyMemory _memory;

        public Lease(KeyMemory memory)
        {
            bool added = false;
            memory.DangerousAddRef(ref added);
            _memory = memory;
        }

        public ReadOnlySpan<byte> Bytes => _memory.Bytes;

        public void Dispose() => _memory.DangerousRelease();
    }

    /// <summary>A <see cref="SafeHandle"/> for its counting of users: a key in use is never cleared under their hands.</summary>
    internal sealed unsafe class KeyMemory : SafeHandle
    {
        public KeyMemory(ReadOnlySpan<byte> key) : base(0, ownsHandle: true)
        {
            SetHandle((nint)NativeMemory.Alloc(CipherSizes.Key));
            key.CopyTo(new Span<byte>((void*)handle, CipherSizes.Key));
        }

        public override bool IsInvalid => handle == 0;

        public ReadOnlySpan<byte> Bytes => new((void*)handle, CipherSizes.Key);

        protected override bool ReleaseHandle()
        {
            CryptographicOperations.ZeroMemory(new Span<byte>((void*)handle, CipherSizes.Key));
            NativeMemory.Free((void*)handle);
            return true;
        }
    }
}
