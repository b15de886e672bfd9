using FuseServer.Interop;
using FuseServer.Protocol;
using FuseServer.Session;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FuseServer.Tests.Session;

/// <summary>What goes back to the kernel, with a socket that keeps message boundaries in place of the device.</summary>
public sealed unsafe class AnswerTests : IDisposable
{
    private const int SequencedPacket = 5; // SOCK_SEQPACKET

    private readonly FuseDevice _kernel;
    private readonly FuseConnection _connection;
    private readonly ReaderSlot _slot = new();
    private readonly List<string?> _failures = [];

    public AnswerTests()
    {
        int* sockets = stackalloc int[2];
        Assert.Equal(0, NativeMethods.SocketPair(NativeMethods.AddressFamilyUnix, SequencedPacket, 0, sockets));
        _kernel = new FuseDevice(sockets[0]);
        _connection = new FuseConnection(new FuseDevice(sockets[1]), new FuseOptions { MaxRequestBytes = 64 << 10 }, NullLogger.Instance);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _kernel.Dispose();
    }

    [Fact]
    public void An_interrupt_that_comes_before_its_request_is_asked_for_again()
    {
        Serve(new PlainFileSystem(), Opcode.Interrupt, 3, new InterruptIn { Unique = 2 });
        OutHeader answer = Receive(out _);
        Assert.Equal(-(int)Errno.EAGAIN, answer.Error);
        Assert.Equal(3UL, answer.Unique);
    }

    [Fact]
    public void An_interrupt_of_a_request_in_flight_cancels_it_after_its_grace_and_has_no_answer()
    {
        PlainFileSystem fileSystem = new();
        Serve(fileSystem, Opcode.GetAttr, 2, default(GetAttrIn));
        Serve(fileSystem, Opcode.Interrupt, 3, new InterruptIn { Unique = 2 });
        long now = Environment.TickCount64;
        _connection.Requests.Sweep(now + 500, deadlineMilliseconds: 60_000, graceMilliseconds: 0, interruptGraceMilliseconds: 1000);
        Assert.False(fileSystem.Pending.IsInterrupted);
        _connection.Requests.Sweep(now + 1000, deadlineMilliseconds: 60_000, graceMilliseconds: 0, interruptGraceMilliseconds: 1000);
        Assert.True(fileSystem.Pending.IsInterrupted);
        Assert.True(fileSystem.Pending.CancellationToken.IsCancellationRequested);
        fileSystem.Pending.Fail(Errno.EINTR);
        OutHeader answer = Receive(out _);
        Assert.Equal(-(int)Errno.EINTR, answer.Error);
        Assert.Equal(2UL, answer.Unique);
    }

    [Fact]
    public void A_newer_major_version_is_asked_to_come_down()
    {
        Serve(new PlainFileSystem(), Opcode.Init, 2, new InitIn { Major = 8 });
        OutHeader answer = Receive(out InitOut body);
        Assert.Equal(0, answer.Error);
        Assert.Equal(7u, body.Major);
        Assert.Empty(_failures);
    }

    [Fact]
    public void A_kernel_before_5_10_is_refused_with_a_reason()
    {
        Serve(new PlainFileSystem(), Opcode.Init, 2, new InitIn { Major = 7, Minor = 30 });
        Assert.Equal(-(int)Errno.EPROTO, Receive(out _).Error);
        Assert.Contains("7.30", Assert.Single(_failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_are_no_errors_become_input_output_errors()
    {
        PlainFileSystem fileSystem = new();
        Serve(fileSystem, Opcode.GetAttr, 2, default(GetAttrIn));
        fileSystem.Pending.Fail((Errno)5000);
        Assert.Equal(-(int)Errno.EIO, Receive(out _).Error);
    }

    private void Serve<T>(FuseFileSystem fileSystem, Opcode opcode, ulong unique, T body) where T : unmanaged
    {
        ReceiveBuffer buffer = _slot.Buffer ??= _connection.Buffers.Rent();
        int length = sizeof(InHeader) + sizeof(T);
        *(InHeader*)buffer.Pointer = new InHeader { Length = (uint)length, Opcode = opcode, Unique = unique, NodeId = 1 };
        *(T*)(buffer.Pointer + sizeof(InHeader)) = body;
        new RequestDispatcher(_connection, fileSystem, (_, failure) => _failures.Add(failure)).Dispatch(_slot, length);
    }

    private OutHeader Receive(out InitOut body)
    {
        byte* buffer = stackalloc byte[256];
        int length = _kernel.Read(buffer, 256);
        OutHeader header = *(OutHeader*)buffer;
        Assert.Equal(length, (int)header.Length);
        body = length == sizeof(OutHeader) + sizeof(InitOut) ? *(InitOut*)(buffer + sizeof(OutHeader)) : default;
        return header;
    }

    private sealed class PlainFileSystem : FuseFileSystem
    {
        public GetAttributesRequest Pending { get; private set; }

        public override void GetAttributes(GetAttributesRequest request) => Pending = request;
    }
}
