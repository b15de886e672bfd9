using System.Buffers;
using FuseServer.Interop;
using FuseServer.Protocol;
using Microsoft.Win32.SafeHandles;

namespace FuseServer.Session;

/// <summary>The connection's descriptor of /dev/fuse: whole requests are read from it, whole answers written, from any thread.</summary>
internal sealed unsafe class FuseDevice(int descriptor) : IDisposable
{
    /// <summary>IOV_MAX: most pieces of one writev(2).</summary>
    private const int MaxVectors = 1024;
    private const int StackVectors = 32;

    private readonly SafeFileHandle _handle = new(descriptor, ownsHandle: true);

    /// <summary>Waits for a request.</summary>
    /// <returns>Its length, or a negative error number.</returns>
    public int Read(byte* buffer, int size)
    {
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            nint count = NativeMethods.Read((int)_handle.DangerousGetHandle(), buffer, (nuint)size);
            return count >= 0 ? (int)count : -(int)NativeMethods.LastError;
        }
        catch (ObjectDisposedException)
        {
            return -(int)Errno.ENODEV;
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }

    /// <summary>Sends an answer, or a notification when <paramref name="unique"/> is 0.</summary>
    /// <param name="unique">The request's number.</param>
    /// <param name="error">A negative error number or 0; the code of a notification.</param>
    /// <param name="first">The body.</param>
    /// <param name="second">What follows it.</param>
    public Errno Write(ulong unique, int error, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        OutHeader header = new() { Length = (uint)(sizeof(OutHeader) + first.Length + second.Length), Error = error, Unique = unique };
        fixed (byte* firstPointer = first, secondPointer = second)
        {
            NativeMethods.IoVector* vectors = stackalloc NativeMethods.IoVector[3];
            vectors[0] = new() { Base = &header, Length = (nuint)sizeof(OutHeader) };
            vectors[1] = new() { Base = firstPointer, Length = (nuint)first.Length };
            vectors[2] = new() { Base = secondPointer, Length = (nuint)second.Length };
            return Send(vectors, 1 + (first.IsEmpty ? 0 : 1) + (second.IsEmpty ? 0 : 1));
        }
    }

    /// <summary>Sends a successful answer whose body lies in pieces.</summary>
    public Errno Write(ulong unique, ReadOnlySpan<ReadOnlyMemory<byte>> segments)
    {
        if (segments.Length >= MaxVectors)
            return Errno.EINVAL;
        OutHeader header = new() { Length = (uint)sizeof(OutHeader), Unique = unique };
        MemoryHandle[] pins = ArrayPool<MemoryHandle>.Shared.Rent(segments.Length);
        NativeMethods.IoVector[]? rented = segments.Length < StackVectors
            ? null
            : ArrayPool<NativeMethods.IoVector>.Shared.Rent(segments.Length + 1);
        Span<NativeMethods.IoVector> vectors = rented ?? stackalloc NativeMethods.IoVector[StackVectors];
        int pinned = 0;
        try
        {
            vectors[0] = new() { Base = &header, Length = (nuint)sizeof(OutHeader) };
            foreach (ReadOnlyMemory<byte> segment in segments)
            {
                MemoryHandle pin = segment.Pin();
                pins[pinned++] = pin;
                vectors[pinned] = new() { Base = pin.Pointer, Length = (nuint)segment.Length };
                header.Length += (uint)segment.Length;
            }
            fixed (NativeMethods.IoVector* pointer = vectors)
                return Send(pointer, pinned + 1);
        }
        finally
        {
            for (int i = 0; i < pinned; i++)
                pins[i].Dispose();
            ArrayPool<MemoryHandle>.Shared.Return(pins, clearArray: true);
            if (rented is not null)
                ArrayPool<NativeMethods.IoVector>.Shared.Return(rented);
        }
    }

    public void Dispose() => _handle.Dispose();

    private Errno Send(NativeMethods.IoVector* vectors, int count)
    {
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            return NativeMethods.WriteVector((int)_handle.DangerousGetHandle(), vectors, count) >= 0
                ? Errno.None
                : NativeMethods.LastError;
        }
        catch (ObjectDisposedException)
        {
            return Errno.ENODEV;
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }
}
