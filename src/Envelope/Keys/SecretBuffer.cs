using System.Runtime.InteropServices;

namespace OrthancCloudFs.Envelope.Keys;

/// <summary>
/// A secret of up to <see cref="SecretMemory.Length"/> bytes. Disposal clears it as soon as the last <see cref="Lease"/> has ended; it is a
/// <see cref="SafeHandle"/> for the counting of users: a key in use is never cleared under their hands.
/// </summary>
internal sealed class SecretBuffer : SafeHandle
{
    private readonly int _length;

    /// <summary>All zero.</summary>
    public SecretBuffer(int length) : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, SecretMemory.Length);
        _length = length;
        SetHandle(SecretMemory.Take());
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Lends the bytes; while a lease lasts, disposal does not clear them.</summary>
    /// <exception cref="ObjectDisposedException">The secret is gone.</exception>
    public Lease Borrow() => new(this);

    protected override bool ReleaseHandle()
    {
        SecretMemory.Return(handle);
        return true;
    }

    internal readonly ref struct Lease : IDisposable
    {
        private readonly SecretBuffer _buffer;

        public Lease(SecretBuffer buffer)
        {
            bool added = false;
            buffer.DangerousAddRef(ref added);
            _buffer = buffer;
        }

        public Span<byte> Bytes => SecretMemory.BytesOf(_buffer.handle)[.._buffer._length];

        public void Dispose() => _buffer.DangerousRelease();
    }
}
