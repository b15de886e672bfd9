using System.Runtime.InteropServices;
using FuseServer.Protocol;

namespace FuseServer.Session;

/// <summary>Checks a request's layout and hands it to the file system. Nothing in a buffer is trusted: what is too short is refused.</summary>
internal sealed unsafe class RequestDispatcher(FuseConnection connection, FuseFileSystem fileSystem, Action<FuseConnectionInfo?, string?> initialized)
{
    private bool _initialized;

    /// <summary>Serves the request that lies in the reader's buffer.</summary>
    public void Dispatch(ReaderSlot slot, int length)
    {
        ReadOnlySpan<byte> message = new(slot.Buffer!.Pointer, length);
        if (message.Length < sizeof(InHeader))
        {
            SessionLog.Malformed(connection.Logger, length);
            return;
        }
        InHeader header = MemoryMarshal.Read<InHeader>(message);
        int extension = header.ExtensionLength * 8;
        if (header.Unique == 0 && header.Opcode is not (Opcode.Forget or Opcode.BatchForget)
            || header.Length != length || extension > length - sizeof(InHeader))
        {
            SessionLog.Malformed(connection.Logger, length);
            return;
        }
        connection.Counters.CountRequest(header.Opcode);
        ReadOnlySpan<byte> body = message[sizeof(InHeader)..^extension];
        switch (header.Opcode)
        {
            case Opcode.Init:
                Initialize(header, body);
                return;
            case Opcode.Forget:
            case Opcode.BatchForget:
                Forget(header, body);
                return;
            case Opcode.Interrupt:
                Interrupt(header, body);
                return;
            case Opcode.Destroy:
                connection.Device.Write(header.Unique, 0, default);
                return;
            case Opcode.Write:
                Write(header, body, slot);
                return;
            default:
                Serve(header, body);
                return;
        }
    }

    private void Serve(in InHeader header, ReadOnlySpan<byte> body)
    {
        if (!RequestLayout.IsValid(header.Opcode, body))
        {
            Refuse(header);
            return;
        }
        FuseRequest request = connection.RentRequest();
        request.Begin(header, body);
        connection.Requests.Add(request);
        Call(request, header);
    }

    private void Write(in InHeader header, ReadOnlySpan<byte> body, ReaderSlot slot)
    {
        if (body.Length < sizeof(ReadWriteIn) || MemoryMarshal.Read<ReadWriteIn>(body).Size != body.Length - sizeof(ReadWriteIn))
        {
            Refuse(header);
            return;
        }
        ReceiveBuffer buffer = slot.Buffer!;
        int used = (int)header.Length;
        FuseRequest request = connection.RentRequest();
        request.Begin(header, body[..sizeof(ReadWriteIn)]);
        request.Lend(slot, sizeof(InHeader) + sizeof(ReadWriteIn), body.Length - sizeof(ReadWriteIn));
        connection.Requests.Add(request);
        Call(request, header);
        request.EndLoan(header.Unique);
        if (ReferenceEquals(slot.Buffer, buffer))
            NativeMemory.Clear(buffer.Pointer, (nuint)used);
    }

    private void Call(FuseRequest request, in InHeader header)
    {
        try
        {
            RequestRouter.Call(fileSystem, request);
        }
        catch (Exception exception)
        {
            connection.ReportHandlerFailure(header.Opcode, exception);
            request.Fail(header.Unique, Errno.EIO);
        }
    }

    private void Refuse(in InHeader header)
    {
        SessionLog.Malformed(connection.Logger, (int)header.Length);
        connection.Counters.CountError();
        connection.ReportSendResult(header.Opcode, connection.Device.Write(header.Unique, -(int)Errno.EINVAL, default));
    }

    private void Initialize(in InHeader header, ReadOnlySpan<byte> body)
    {
        if (_initialized || body.Length < InitIn.ShortSize)
        {
            Refuse(header);
            return;
        }
        InitIn offer = default;
        body[..Math.Min(body.Length, sizeof(InitIn))].CopyTo(MemoryMarshal.AsBytes(new Span<InitIn>(ref offer)));
        if (offer.Major > InitNegotiation.Major)
        {
            // The kernel then offers our major version in a further INIT.
            Send(header, new InitOut { Major = InitNegotiation.Major, Minor = InitNegotiation.Minor });
            return;
        }
        if (offer.Major < InitNegotiation.Major || offer.Minor < InitNegotiation.MinimumMinor)
        {
            connection.Device.Write(header.Unique, -(int)Errno.EPROTO, default);
            initialized(null, $"the kernel speaks FUSE {offer.Major}.{offer.Minor}, at least 7.{InitNegotiation.MinimumMinor} (Linux 5.10) is needed");
            return;
        }
        (InitOut answer, FuseConnectionInfo info) = InitNegotiation.Negotiate(offer, connection.Options, Environment.SystemPageSize);
        _initialized = true;
        try
        {
            // Before the answer, so that no request can overtake it.
            fileSystem.Initialized(info);
        }
        catch (Exception exception)
        {
            SessionLog.CallbackFailed(connection.Logger, nameof(FuseFileSystem.Initialized), exception);
            connection.Device.Write(header.Unique, -(int)Errno.EIO, default);
            initialized(null, "the file system failed to start");
            return;
        }
        Send(header, answer);
        initialized(info, null);
    }

    private void Send(in InHeader header, InitOut answer) => connection.ReportSendResult(
        header.Opcode, connection.Device.Write(header.Unique, 0, new ReadOnlySpan<byte>(&answer, sizeof(InitOut))));

    private void Forget(in InHeader header, ReadOnlySpan<byte> body)
    {
        try
        {
            if (header.Opcode == Opcode.Forget)
            {
                if (body.Length >= sizeof(ForgetIn))
                    fileSystem.Forget(header.NodeId, MemoryMarshal.Read<ForgetIn>(body).LookupCount);
                return;
            }
            if (body.Length < sizeof(BatchForgetIn))
                return;
            ReadOnlySpan<ForgetOne> nodes = MemoryMarshal.Cast<byte, ForgetOne>(body[sizeof(BatchForgetIn)..]);
            uint count = Math.Min(MemoryMarshal.Read<BatchForgetIn>(body).Count, (uint)nodes.Length);
            foreach (ForgetOne node in nodes[..(int)count])
                fileSystem.Forget(node.NodeId, node.LookupCount);
        }
        catch (Exception exception)
        {
            connection.ReportHandlerFailure(header.Opcode, exception);
        }
    }

    /// <summary>
    /// Normally without an answer. When another reader has the request but has not entered it yet, EAGAIN makes the kernel send the
    /// INTERRUPT again as long as the request is unanswered (Documentation/filesystems/fuse.rst, "Interrupting filesystem operations").
    /// </summary>
    private void Interrupt(in InHeader header, ReadOnlySpan<byte> body)
    {
        if (body.Length >= sizeof(InterruptIn)
            && !connection.Requests.TryInterrupt(
                MemoryMarshal.Read<InterruptIn>(body).Unique, Environment.TickCount64, (long)connection.Options.InterruptGrace.TotalMilliseconds))
        {
            connection.Device.Write(header.Unique, -(int)Errno.EAGAIN, default);
        }
    }
}
