namespace FuseServer.Session;

/// <summary>A thread that reads requests and runs their handlers until the connection ends.</summary>
internal sealed unsafe class RequestReader(FuseConnection connection, RequestDispatcher dispatcher, Action ended)
{
    [ThreadStatic]
    private static bool _isReaderThread;

    private long _handlingSince;

    /// <summary>The calling thread serves requests.</summary>
    public static bool IsReaderThread => _isReaderThread;

    /// <summary>How long it has been busy with one request; zero while it waits for the kernel.</summary>
    public TimeSpan Handling =>
        Volatile.Read(ref _handlingSince) is > 0 and var since ? TimeSpan.FromMilliseconds(Environment.TickCount64 - since) : TimeSpan.Zero;

    public void Start(int number) => new Thread(Run) { IsBackground = true, Name = $"FUSE reader {number}" }.Start();

    private void Run()
    {
        _isReaderThread = true;
        ReaderSlot slot = new();
        try
        {
            while (ReadOne(slot))
            {
            }
        }
        finally
        {
            if (slot.Buffer is not null)
                connection.Buffers.Return(slot.Buffer);
            ended();
        }
    }

    private bool ReadOne(ReaderSlot slot)
    {
        ReceiveBuffer buffer = slot.Buffer ??= connection.Buffers.Rent();
        int length = connection.Device.Read(buffer.Pointer, buffer.Size);
        if (length > 0)
        {
            Volatile.Write(ref _handlingSince, Environment.TickCount64);
            dispatcher.Dispatch(slot, length);
            Volatile.Write(ref _handlingSince, 0);
            return true;
        }
        switch ((Errno)(-length))
        {
            case Errno.ENOENT: // the request was interrupted while it was handed over
            case Errno.EINTR:
            case Errno.EAGAIN:
                return true;
            case Errno.None: // end of file: only a socket in place of the device says that
            case Errno.ENODEV: // unmounted
            case Errno.ECONNABORTED: // aborted
                return false;
            case Errno error:
                SessionLog.ReadFailed(connection.Logger, error);
                return false;
        }
    }
}
