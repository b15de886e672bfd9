using System.Runtime.InteropServices;

namespace FuseServer.Session;

/// <summary>Native memory into which the kernel writes one request.</summary>
internal sealed unsafe class ReceiveBuffer(int size)
{
    public byte* Pointer { get; private set; } = (byte*)NativeMemory.AlignedAlloc((nuint)size, (nuint)Environment.SystemPageSize);

    public int Size { get; } = size;

    public void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}

/// <summary>
/// The receive buffers of a session: one for each reader and at most <see cref="FuseOptions.MaxBackground"/> that handlers
/// retain. What carried data is cleared before its next use.
/// </summary>
internal sealed unsafe class ReceiveBufferPool(FuseOptions options, FuseCounters counters) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<ReceiveBuffer> _idle = new(options.ReaderThreads + options.MaxBackground);
    private int _retained;
    private bool _disposed;

    public FuseCounters Counters => counters;

    public ReceiveBuffer Rent()
    {
        lock (_lock)
        {
            if (_idle.TryPop(out ReceiveBuffer? buffer))
                return buffer;
        }
        counters.AddBufferBytes(options.ReceiveBufferBytes);
        return new ReceiveBuffer(options.ReceiveBufferBytes);
    }

    public void Return(ReceiveBuffer buffer)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _idle.Push(buffer);
                return;
            }
        }
        counters.AddBufferBytes(-buffer.Size);
        buffer.Free();
    }

    /// <summary>Asks for leave to keep a whole buffer; false when as many as background requests are kept already.</summary>
    public bool TryRetain()
    {
        lock (_lock)
        {
            if (_retained >= options.MaxBackground)
                return false;
            _retained++;
            return true;
        }
    }

    /// <summary>Takes back a buffer that <see cref="TryRetain"/> let go, and clears the part that carried a request.</summary>
    public void ReturnRetained(ReceiveBuffer buffer, int usedBytes)
    {
        NativeMemory.Clear(buffer.Pointer, (nuint)usedBytes);
        lock (_lock)
            _retained--;
        Return(buffer);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_idle.TryPop(out ReceiveBuffer? buffer))
            {
                counters.AddBufferBytes(-buffer.Size);
                buffer.Free();
            }
        }
    }
}

/// <summary>The buffer that one reader reads into; a handler of that reader's request may take it away.</summary>
internal sealed class ReaderSlot
{
    public ReceiveBuffer? Buffer { get; set; }
}
