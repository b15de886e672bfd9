using System.Runtime.InteropServices;

namespace FuseServer.Session;

/// <summary>Native memory into which one request is read, or a copy of one payload; cleared before it is used again.</summary>
internal sealed unsafe class ReceiveBuffer : IDisposable
{
    public ReceiveBuffer(int length)
    {
        Length = length;
        Address = (byte*)NativeMemory.AlignedAlloc((nuint)length, 4096);
    }

    public byte* Address { get; private set; }

    public int Length { get; }

    /// <summary>Bytes that may hold content.</summary>
    public int Used { get; set; }

    public void Clear()
    {
        new Span<byte>(Address, Used).Clear();
        Used = 0;
    }

    public void Dispose()
    {
        if (Address == null)
            return;
        Clear();
        NativeMemory.AlignedFree(Address);
        Address = null;
    }
}

/// <summary>The buffer of one reader thread; used by that thread only.</summary>
internal sealed class Receiver(ReceiveBufferPool pool)
{
    /// <summary>Null when a handler kept it.</summary>
    public ReceiveBuffer? Buffer { get; private set; }

    /// <summary>The buffer for the next message.</summary>
    public ReceiveBuffer Prepare() => Buffer ??= pool.Rent();

    /// <summary>Gives the buffer away; the reader takes another one.</summary>
    public ReceiveBuffer Detach()
    {
        ReceiveBuffer detached = Buffer!;
        Buffer = null;
        return detached;
    }
}

/// <summary>Receive buffers that are not in use, and the count of the bytes of all.</summary>
internal sealed class ReceiveBufferPool(int bufferBytes) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<ReceiveBuffer> _free = new();
    private long _bytes;

    /// <summary>Bytes of all buffers, in use or not.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public ReceiveBuffer Rent()
    {
        lock (_lock)
        {
            if (_free.TryPop(out ReceiveBuffer? buffer))
                return buffer;
        }

        return Allocate(bufferBytes);
    }

    /// <summary>A buffer of exactly that size, which is not kept when it is returned.</summary>
    public ReceiveBuffer RentExactly(int length) => Allocate(length);

    public void Return(ReceiveBuffer buffer)
    {
        if (buffer.Length != bufferBytes)
        {
            Interlocked.Add(ref _bytes, -buffer.Length);
            buffer.Dispose();
            return;
        }

        buffer.Clear();
        lock (_lock)
            _free.Push(buffer);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            while (_free.TryPop(out ReceiveBuffer? buffer))
                buffer.Dispose();
        }
    }

    private ReceiveBuffer Allocate(int length)
    {
        Interlocked.Add(ref _bytes, length);
        return new ReceiveBuffer(length);
    }
}
