using System.Runtime.InteropServices;
using FuseServer.Interop;
using FuseServer.Protocol;
using FuseServer.Session;
using FuseServer.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FuseServer.Tests.Session;

/// <summary>Requests without a kernel: built by hand, cut short, and random. Answers go to /dev/null.</summary>
public sealed unsafe class RequestDispatcherTests : IDisposable
{
    private readonly FuseConnection _connection;
    private readonly TouchingFileSystem _fileSystem = new();
    private readonly RequestDispatcher _dispatcher;
    private readonly ReaderSlot _slot = new();

    public RequestDispatcherTests()
    {
        FuseDevice device = new(NativeMethods.Open("/dev/null", NativeMethods.OpenReadWrite));
        _connection = new FuseConnection(device, new FuseOptions { MaxRequestBytes = 128 << 10, MaxBackground = 2 }, NullLogger.Instance);
        _dispatcher = new RequestDispatcher(_connection, _fileSystem, (_, _) => { });
    }

    public void Dispose() => _connection.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_bodies_of_every_operation_never_break_a_handler(int seed)
    {
        Random random = new(seed);
        byte[] body = new byte[100_000];
        for (int i = 0; i < 20_000; i++)
        {
            int length = random.Next(10) == 0 ? random.Next(body.Length) : random.Next(200);
            random.NextBytes(body.AsSpan(0, length));
            if (random.Next(2) == 0 && length > 60)
                body.AsSpan(random.Next(20, 50), 4).Clear();
            Opcode opcode = (Opcode)random.Next(0, 60);
            if (opcode == Opcode.Write && length >= sizeof(ReadWriteIn) && random.Next(2) == 0)
                MemoryMarshal.Cast<byte, ReadWriteIn>(body.AsSpan())[0].Size = (uint)(length - sizeof(ReadWriteIn));
            Send(opcode, (ulong)(i + 1) * 2, body.AsSpan(0, length));
        }
        AssertAtRest();
        Assert.True(_connection.Counters.Requests > 10_000);
        Assert.NotEqual(0, _fileSystem.Touched);
    }

    [Fact]
    public void Random_buffers_are_dropped_or_refused()
    {
        Random random = new(4);
        for (int i = 0; i < 20_000; i++)
        {
            int length = random.Next(0, 200);
            ReceiveBuffer buffer = _slot.Buffer ??= _connection.Buffers.Rent();
            random.NextBytes(new Span<byte>(buffer.Pointer, length));
            if (random.Next(2) == 0 && length >= sizeof(uint))
                *(uint*)buffer.Pointer = (uint)length;
            _dispatcher.Dispatch(_slot, length);
        }
        AssertAtRest();
    }

    [Fact]
    public void Bodies_cut_anywhere_never_break_a_handler()
    {
        byte[] body = [.. Enumerable.Repeat((byte)1, 100), 0, .. "second"u8, 0];
        ulong unique = 2;
        for (Opcode opcode = Opcode.Lookup; opcode <= Opcode.StatX; opcode++)
        {
            for (int length = 0; length <= body.Length; length++)
                Send(opcode, unique += 2, body.AsSpan(0, length));
        }
        AssertAtRest();
    }

    [Fact]
    public void Retained_data_stays_and_is_counted_until_the_answer_and_cleared_after_it()
    {
        RetainingFileSystem fileSystem = new();
        RequestDispatcher dispatcher = new(_connection, fileSystem, (_, _) => { });
        byte[] body = new byte[sizeof(ReadWriteIn) + (100 << 10)];
        MemoryMarshal.Cast<byte, ReadWriteIn>(body.AsSpan())[0].Size = 100 << 10;
        List<nint> addresses = [];
        for (byte i = 1; i <= 4; i++)
        {
            body.AsSpan(sizeof(ReadWriteIn)).Fill(i);
            Send(Opcode.Write, i * 2UL, body, dispatcher);
        }
        Assert.Equal(4 * (100 << 10), _connection.Counters.RetainedBytes);
        Assert.True(_connection.Counters.BufferBytes <= _connection.Options.MaximumBufferBytes);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(100 << 10, fileSystem.Pending[i].Data.Length);
            Assert.Equal(-1, fileSystem.Pending[i].Data.IndexOfAnyExcept((byte)(i + 1)));
            fixed (byte* pointer = fileSystem.Pending[i].Data)
                addresses.Add((nint)pointer);
        }
        foreach (WriteRequest request in fileSystem.Pending)
            request.Reply(100 << 10);
        AssertAtRest();
        // The first two lie in whole receive buffers, which the pool still holds.
        Assert.Equal(-1, new ReadOnlySpan<byte>((void*)addresses[0], 100 << 10).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, new ReadOnlySpan<byte>((void*)addresses[1], 100 << 10).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_second_answer_is_dropped_also_when_the_object_serves_another_request()
    {
        RetainingFileSystem fileSystem = new();
        RequestDispatcher dispatcher = new(_connection, fileSystem, (_, _) => { });
        byte[] body = new byte[sizeof(ReadWriteIn)];
        Send(Opcode.Write, 2, body, dispatcher);
        WriteRequest first = fileSystem.Pending[0];
        first.Reply(0);
        Send(Opcode.Write, 4, body, dispatcher);
        first.Reply(0);
        first.Fail(Errno.EIO);
        Assert.Equal(1, _connection.Counters.InFlight);
        Assert.Equal(0, _connection.Counters.Errors);
        Assert.True(first.CancellationToken.IsCancellationRequested);
        Assert.False(fileSystem.Pending[1].CancellationToken.IsCancellationRequested);
        Assert.Throws<InvalidOperationException>(() => first.Offset);
        fileSystem.Pending[1].Reply(0);
        AssertAtRest();
    }

    [Fact]
    public void Data_that_was_not_retained_is_gone_after_the_handler()
    {
        RetainingFileSystem fileSystem = new() { Retains = false };
        RequestDispatcher dispatcher = new(_connection, fileSystem, (_, _) => { });
        byte[] body = new byte[sizeof(ReadWriteIn) + 4];
        MemoryMarshal.Cast<byte, ReadWriteIn>(body.AsSpan())[0].Size = 4;
        Send(Opcode.Write, 2, body, dispatcher);
        Assert.Throws<InvalidOperationException>(() => fileSystem.Pending[0].Data.Length);
        fileSystem.Pending[0].Fail(Errno.EIO);
        AssertAtRest();
    }

    private void Send(Opcode opcode, ulong unique, ReadOnlySpan<byte> body, RequestDispatcher? dispatcher = null)
    {
        ReceiveBuffer buffer = _slot.Buffer ??= _connection.Buffers.Rent();
        int length = sizeof(InHeader) + body.Length;
        *(InHeader*)buffer.Pointer = new InHeader { Length = (uint)length, Opcode = opcode, Unique = unique, NodeId = 1 };
        body.CopyTo(new Span<byte>(buffer.Pointer + sizeof(InHeader), body.Length));
        (dispatcher ?? _dispatcher).Dispatch(_slot, length);
    }

    private void AssertAtRest()
    {
        Assert.Equal(0, _connection.Counters.HandlerFailures);
        Assert.Equal(0, _connection.Counters.InFlight);
        Assert.Equal(0, _connection.Counters.RetainedBytes);
    }

    private sealed class RetainingFileSystem : FuseFileSystem
    {
        public List<WriteRequest> Pending { get; } = [];

        public bool Retains { get; init; } = true;

        public override void Write(WriteRequest request)
        {
            if (Retains)
                request.RetainData();
            Pending.Add(request);
        }
    }
}
