using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using FuseServer.Abi;
using FuseServer.Native;
using Microsoft.Extensions.Logging;

namespace FuseServer.Session;

/// <summary>The device: requests under way, and answers to them from any thread.</summary>
internal sealed unsafe partial class FuseChannel(int device, FuseOptions options, ILogger logger) : IDisposable
{
    /// <summary>UIO_MAXIOV, the most pieces of one writev(2).</summary>
    private const int MaxVectors = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, FuseRequest> _underWay = [];
    private readonly ConcurrentBag<FuseRequest> _free = [];

    public ReceiveBufferPool Buffers { get; } = new(options.ReceiveBufferBytes);

    public FuseCounters Counters { get; } = new();

    public int Device => device;

    public int InFlight
    {
        get
        {
            lock (_lock)
                return _underWay.Count;
        }
    }

    public FuseRequest Rent() => _free.TryTake(out FuseRequest? request) ? request : new FuseRequest(this);

    public void Begin(FuseRequest request)
    {
        lock (_lock)
            _underWay[request.Header.Unique] = request;
    }

    /// <summary>An object that was rented and never begun.</summary>
    public void GiveBack(FuseRequest request)
    {
        request.Reset();
        _free.Add(request);
    }

    public CancellationToken TokenOf(FuseRequest request, ulong unique)
    {
        lock (_lock)
            return request.Header.Unique == unique ? request.GetToken() : new CancellationToken(canceled: true);
    }

    public bool IsInterrupted(FuseRequest request, ulong unique)
    {
        lock (_lock)
            return request.Header.Unique == unique && request.IsInterrupted;
    }

    /// <summary>FUSE_INTERRUPT: cancels a request under way; false when there is none of that number (yet, or any more).</summary>
    public bool Interrupt(ulong unique)
    {
        CancellationTokenSource? cancellation;
        lock (_lock)
        {
            if (!_underWay.TryGetValue(unique, out FuseRequest? request))
                return false;
            request.IsInterrupted = true;
            cancellation = request.Cancellation;
        }

        CancelInBackground(cancellation);
        Counters.Interrupted();
        return true;
    }

    /// <summary>Cancels what is over its deadline, and answers for handlers that do not react to that.</summary>
    public void Sweep()
    {
        long now = Environment.TickCount64;
        long deadline = (long)options.OperationDeadline.TotalMilliseconds;
        long grace = deadline + (long)options.DeadlineGrace.TotalMilliseconds;
        List<FuseRequest>? expired = null;
        List<FuseRequest>? abandoned = null;
        lock (_lock)
        {
            foreach (FuseRequest request in _underWay.Values)
            {
                long age = now - request.Arrived;
                if (age > grace)
                    (abandoned ??= []).Add(request);
                else if (age > deadline && !request.IsExpired)
                    (expired ??= []).Add(request);
            }

            foreach (FuseRequest request in expired ?? [])
                request.IsExpired = true;
            foreach (FuseRequest request in abandoned ?? [])
            {
                request.IsAbandoned = true;
                _underWay.Remove(request.Header.Unique);
            }
        }

        foreach (FuseRequest request in expired ?? [])
        {
            Counters.TimedOut();
            LogExpired(request.Header.Opcode, request.Header.Unique);
            CancelInBackground(request.Cancellation);
        }

        foreach (FuseRequest request in abandoned ?? [])
            Send(request.Header, Errno.ETIMEDOUT, default);
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(FuseRequest request, ulong unique, Errno error)
    {
        if (!TryEnd(request, unique))
            return;
        Counters.Failed(error);
        Send(request.Header, error, default);
        GiveBack(request);
    }

    /// <summary>Answers with one structure.</summary>
    public void Reply<T>(FuseRequest request, ulong unique, in T body)
        where T : unmanaged => Reply(request, unique, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body)));

    /// <summary>Answers with bytes.</summary>
    public void Reply(FuseRequest request, ulong unique, ReadOnlySpan<byte> body)
    {
        if (!TryEnd(request, unique))
            return;
        Send(request.Header, Errno.None, body);
        GiveBack(request);
    }

    /// <summary>Answers with pieces of memory, without a copy.</summary>
    public void Reply(FuseRequest request, ulong unique, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        if (!TryEnd(request, unique))
            return;
        Send(request.Header, pieces);
        GiveBack(request);
    }

    /// <summary>Tells the kernel something unasked; returns the error, which is normal when the kernel does not know the node.</summary>
    public Errno Notify(NotifyCode code, ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        // The name is followed by a NUL.
        Span<byte> terminated = stackalloc byte[256];
        name.CopyTo(terminated);
        int nameBytes = name.IsEmpty ? 0 : name.Length + 1;
        fixed (byte* bodyAddress = body)
        fixed (byte* nameAddress = terminated)
        {
            var header = new OutHeader { Length = (uint)(sizeof(OutHeader) + body.Length + nameBytes), Error = (int)code };
            IoVector* vectors = stackalloc IoVector[3];
            vectors[0] = new IoVector { Base = &header, Length = (nuint)sizeof(OutHeader) };
            vectors[1] = new IoVector { Base = bodyAddress, Length = (nuint)body.Length };
            vectors[2] = new IoVector { Base = nameAddress, Length = (nuint)nameBytes };
            return Libc.WriteVector(device, vectors, nameBytes == 0 ? 2 : 3) < 0 ? Libc.LastError() : Errno.None;
        }
    }

    /// <summary>A reply without a request object: INIT, and errors of messages that cannot be parsed.</summary>
    public void Send(in InHeader request, Errno error, ReadOnlySpan<byte> body)
    {
        fixed (byte* address = body)
        {
            var header = new OutHeader { Length = (uint)(sizeof(OutHeader) + body.Length), Error = -(int)error, Unique = request.Unique };
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Base = &header, Length = (nuint)sizeof(OutHeader) };
            vectors[1] = new IoVector { Base = address, Length = (nuint)body.Length };
            Write(request, vectors, body.IsEmpty ? 1 : 2);
        }
    }

    public void Dispose()
    {
        while (_free.TryTake(out FuseRequest? request))
            request.Dispose();
        Buffers.Dispose();
    }

    private static void CancelInBackground(CancellationTokenSource? cancellation)
    {
        // Callbacks of a token may do anything, so they never run on a reader thread. The source may be disposed of by then.
        if (cancellation is not null)
            ThreadPool.UnsafeQueueUserWorkItem(static source => Cancel(source), cancellation, preferLocal: false);
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Answered meanwhile.
        }
    }

    /// <summary>Exactly one caller per request gets true. An answer that comes after the session's own only frees the object.</summary>
    private bool TryEnd(FuseRequest request, ulong unique)
    {
        lock (_lock)
        {
            if (request.Header.Unique != unique)
                return false;
            if (request.IsAbandoned)
            {
                request.IsAbandoned = false;
                LogLate(request.Header.Opcode, unique);
            }
            else if (_underWay.Remove(unique))
            {
                return true;
            }
            else
            {
                return false;
            }
        }

        GiveBack(request);
        return false;
    }

    private void Send(in InHeader request, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        int count = Math.Min(pieces.Length, MaxVectors - 1);
        System.Buffers.MemoryHandle[] pins = System.Buffers.ArrayPool<System.Buffers.MemoryHandle>.Shared.Rent(Math.Max(1, count));
        IoVector* vectors = stackalloc IoVector[count + 1];
        var header = new OutHeader { Length = (uint)sizeof(OutHeader), Unique = request.Unique };
        for (int i = 0; i < count; i++)
        {
            pins[i] = pieces[i].Pin();
            vectors[i + 1] = new IoVector { Base = pins[i].Pointer, Length = (nuint)pieces[i].Length };
            header.Length += (uint)pieces[i].Length;
        }

        vectors[0] = new IoVector { Base = &header, Length = (nuint)sizeof(OutHeader) };
        Write(request, vectors, count + 1);
        for (int i = 0; i < count; i++)
            pins[i].Dispose();
        System.Buffers.ArrayPool<System.Buffers.MemoryHandle>.Shared.Return(pins, clearArray: true);
    }

    private void Write(in InHeader request, IoVector* vectors, int count)
    {
        while (Libc.WriteVector(device, vectors, count) < 0)
        {
            switch (Libc.LastError())
            {
                case Errno.EINTR:
                    continue;
                case Errno.ENOENT or Errno.ENODEV or Errno.EBADF:
                    return; // the request was interrupted, or the mount is gone: nobody waits for the answer
                case var error:
                    LogReplyRefused(request.Opcode, request.Unique, error);
                    return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Opcode} {Unique} has passed its deadline and is cancelled")]
    private partial void LogExpired(Opcode opcode, ulong unique);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Opcode} {Unique} was answered after its deadline; the answer is dropped")]
    private partial void LogLate(Opcode opcode, ulong unique);

    [LoggerMessage(Level = LogLevel.Error, Message = "The kernel refused the reply to {Opcode} {Unique}: {Error}")]
    private partial void LogReplyRefused(Opcode opcode, ulong unique, Errno error);
}
