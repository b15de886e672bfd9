using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FuseServer.Protocol;

namespace FuseServer.Session;

/// <summary>Why a request's token was cancelled.</summary>
internal enum CancelReason
{
    None,
    Interrupt,
    Deadline,
    Shutdown,
}

/// <summary>
/// One request in its pooled object. <see cref="_ticket"/> is its unique number until a handler's answer takes it, so that exactly one
/// answer counts; whoever took it sends the answer, unless the session did already at the deadline, and recycles the object.
/// </summary>
internal sealed unsafe class FuseRequest(FuseConnection connection)
{
    /// <summary>Names are at most 255 bytes on most file systems; what is larger is not kept between requests.</summary>
    private const int KeptBodyBytes = 4096;

    /// <summary>Smaller payloads are copied when retained: a whole receive buffer would be a waste.</summary>
    private const int DetachThreshold = 64 << 10;

    private const int MaxErrorNumber = 511; // fuse_dev_do_write refuses what is larger

    private readonly Lock _lock = new();
    private byte[] _body = new byte[1024];
    private int _bodyLength;
    private ulong _ticket;
    private int _replied;
    private CancelReason _cancelReason;

    // Never disposed: without timer and wait handle it holds nothing, and late holders of its token may still use it.
    private CancellationTokenSource? _cancellation;
    private DirectoryBuffer? _directoryBuffer;

    private byte* _data;
    private int _dataLength;
    private int _dataStart;
    private ReaderSlot? _lender;
    private ReceiveBuffer? _retainedBuffer;
    private bool _dataIsCopy;

    public Opcode Opcode { get; private set; }

    public ulong Unique { get; private set; }

    public ulong NodeId { get; private set; }

    public uint UserId { get; private set; }

    public uint GroupId { get; private set; }

    public uint ProcessId { get; private set; }

    /// <summary><see cref="Environment.TickCount64"/> at reception.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The same at the first signal that its caller got; null without one. Guarded by the table's lock.</summary>
    public long? InterruptedAt { get; set; }

    /// <summary>The body without the payload of a WRITE.</summary>
    public ReadOnlySpan<byte> BodyBytes => _body.AsSpan(0, _bodyLength);

    /// <exception cref="InvalidOperationException">The handler returned without <see cref="RetainData"/>.</exception>
    public ReadOnlySpan<byte> Data
    {
        get
        {
            if (_data is null && _dataLength > 0)
                throw new InvalidOperationException("the data was not retained before the handler returned");
            return new ReadOnlySpan<byte>(_data, _dataLength);
        }
    }

    public void Begin(in InHeader header, ReadOnlySpan<byte> body)
    {
        lock (_lock)
        {
            if (_body.Length < body.Length)
                _body = new byte[body.Length];
            body.CopyTo(_body);
            _bodyLength = body.Length;
            Opcode = header.Opcode;
            Unique = header.Unique;
            NodeId = header.NodeId;
            UserId = header.UserId;
            GroupId = header.GroupId;
            ProcessId = header.ProcessId;
            StartedAt = Environment.TickCount64;
            _replied = 0;
            _cancelReason = CancelReason.None;
            InterruptedAt = null;
            Volatile.Write(ref _ticket, header.Unique);
        }
    }

    /// <summary>Lends the payload that lies in a reader's buffer.</summary>
    public void Lend(ReaderSlot lender, int start, int length)
    {
        _lender = lender;
        _dataStart = start;
        _data = lender.Buffer!.Pointer + start;
        _dataLength = length;
    }

    /// <summary>The handler has returned: what it has not retained is no longer its own.</summary>
    public void EndLoan(ulong unique)
    {
        lock (_lock)
        {
            if (Volatile.Read(ref _ticket) != unique || _lender is null)
                return;
            _lender = null;
            _data = null;
        }
    }

    public void RetainData()
    {
        lock (_lock)
        {
            if (_lender is null)
                return;
            if (_dataLength >= DetachThreshold && connection.Buffers.TryRetain())
            {
                _retainedBuffer = _lender.Buffer;
                _lender.Buffer = null;
            }
            else if (_dataLength > 0)
            {
                byte* copy = (byte*)NativeMemory.Alloc((nuint)_dataLength);
                Unsafe.CopyBlockUnaligned(copy, _data, (uint)_dataLength);
                _data = copy;
                _dataIsCopy = true;
            }
            _lender = null;
            connection.Counters.AddRetainedBytes(_dataLength);
        }
    }

    public T Body<T>() where T : unmanaged => MemoryMarshal.Read<T>(BodyBytes);

    public ReadOnlySpan<byte> Name<T>() where T : unmanaged => Name(sizeof(T));

    /// <summary>The NUL-terminated string at an offset of the body.</summary>
    public ReadOnlySpan<byte> Name(int offset)
    {
        ReadOnlySpan<byte> rest = BodyBytes[offset..];
        return rest[..rest.IndexOf((byte)0)];
    }

    /// <summary>The string after the string at an offset.</summary>
    public ReadOnlySpan<byte> SecondName(int offset) => Name(offset + Name(offset).Length + 1);

    /// <summary>Everything after the string at an offset.</summary>
    public ReadOnlySpan<byte> AfterName(int offset) => BodyBytes[(offset + Name(offset).Length + 1)..];

    public DirectoryBuffer CreateDirectoryBuffer()
    {
        _directoryBuffer ??= new DirectoryBuffer();
        int capacity = (int)Math.Min(Body<ReadWriteIn>().Size, (uint)connection.Options.ReceiveBufferBytes);
        _directoryBuffer.Open(capacity, withAttributes: Opcode == Opcode.ReadDirPlus);
        return _directoryBuffer;
    }

    public void ThrowIfAnswered(ulong unique)
    {
        if (Volatile.Read(ref _ticket) != unique)
            throw new InvalidOperationException("the request has been answered");
    }

    public bool IsInterrupted(ulong unique)
    {
        lock (_lock)
            return _ticket == unique && _cancelReason == CancelReason.Interrupt;
    }

    public CancellationToken GetCancellationToken(ulong unique)
    {
        lock (_lock)
        {
            if (_ticket != unique)
                return new CancellationToken(canceled: true);
            if (_cancellation is null)
            {
                // Not reset for the next request: whoever kept the token would be cancelled on behalf of a stranger.
                _cancellation = new CancellationTokenSource();
                if (_cancelReason != CancelReason.None)
                    _cancellation.Cancel();
            }
            return _cancellation.Token;
        }
    }

    /// <summary>Cancels the token; the first reason counts. Registered callbacks run on the thread pool.</summary>
    public void Cancel(CancelReason reason)
    {
        lock (_lock)
        {
            if (_ticket == 0 || _cancelReason != CancelReason.None)
                return;
            _cancelReason = reason;
            _ = _cancellation?.CancelAsync(); // a callback that throws is its owner's affair
        }
        if (reason == CancelReason.Interrupt)
            connection.Counters.CountInterrupted();
        else if (reason == CancelReason.Deadline)
            connection.Counters.CountTimedOut();
    }

    /// <summary>
    /// Tells the kernel without taking the request from its handler, whose answer is then dropped. Called under the table's lock,
    /// which keeps the object from being recycled meanwhile.
    /// </summary>
    public void AnswerInsteadOfHandler(Errno error)
    {
        if (Interlocked.Exchange(ref _replied, 1) != 0)
            return;
        connection.Counters.CountError();
        connection.ReportSendResult(Opcode, connection.Device.Write(Unique, -(int)error, default));
        connection.ReportDeadline(Opcode);
    }

    public void Fail(ulong unique, Errno error)
    {
        if (!TryTake(unique))
            return;
        int number = (int)error is > 0 and <= MaxErrorNumber ? (int)error : (int)Errno.EIO;
        if (Interlocked.Exchange(ref _replied, 1) == 0)
        {
            connection.Counters.CountError();
            connection.ReportSendResult(Opcode, connection.Device.Write(unique, -number, default));
        }
        Recycle();
    }

    /// <returns>False when the kernel did not take the answer, hence knows nothing of a handle or node in it.</returns>
    public bool Reply<T>(ulong unique, in T body) where T : unmanaged
    {
        fixed (T* pointer = &body)
            return Reply(unique, new ReadOnlySpan<byte>(pointer, sizeof(T)));
    }

    /// <inheritdoc cref="Reply{T}(ulong, in T)"/>
    public bool Reply(ulong unique, ReadOnlySpan<byte> body)
    {
        if (!TryTake(unique))
            return false;
        bool taken = false;
        if (Interlocked.Exchange(ref _replied, 1) == 0)
        {
            Errno result = connection.Device.Write(unique, 0, body);
            taken = result == Errno.None;
            connection.ReportSendResult(Opcode, result);
        }
        Recycle();
        return taken;
    }

    public void Reply(ulong unique, ReadOnlySpan<ReadOnlyMemory<byte>> segments)
    {
        if (!TryTake(unique))
            return;
        if (Interlocked.Exchange(ref _replied, 1) == 0)
        {
            Errno result = connection.Device.Write(unique, segments);
            // Too many pieces for one writev: nothing was sent, and the caller must not wait for ever.
            if (result == Errno.EINVAL && connection.Device.Write(unique, -(int)Errno.EIO, default) == Errno.None)
                connection.Counters.CountError();
            connection.ReportSendResult(Opcode, result);
        }
        Recycle();
    }

    private bool TryTake(ulong unique) => Interlocked.CompareExchange(ref _ticket, 0, unique) == unique;

    private void Recycle()
    {
        connection.Requests.Remove(Unique);
        lock (_lock)
        {
            ReleaseData();
            _directoryBuffer?.Close();
            _cancellation = null;
            if (_body.Length > KeptBodyBytes)
                _body = new byte[1024];
            else
                _body.AsSpan(0, _bodyLength).Clear();
            _bodyLength = 0;
        }
        connection.Requests.Return(this);
    }

    private void ReleaseData()
    {
        if (_retainedBuffer is not null || _dataIsCopy)
            connection.Counters.AddRetainedBytes(-_dataLength);
        if (_retainedBuffer is not null)
            connection.Buffers.ReturnRetained(_retainedBuffer, _dataStart + _dataLength);
        if (_dataIsCopy)
        {
            NativeMemory.Clear(_data, (nuint)_dataLength);
            NativeMemory.Free(_data);
        }
        _retainedBuffer = null;
        _dataIsCopy = false;
        _lender = null;
        _data = null;
        _dataLength = 0;
    }
}
