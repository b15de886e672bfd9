using System.Net.Sockets;
using System.Runtime.InteropServices;
using FuseServer.Abi;
using FuseServer.Session;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FuseServer.Tests;

/// <summary>Messages as a kernel would never send them: the dispatcher must answer or drop each, and never fall.</summary>
public sealed class DispatcherTests : IDisposable
{
    private readonly Socket _kernel;
    private readonly Socket _server;
    private readonly FuseChannel _channel;
    private readonly RecordingFileSystem _fileSystem = new();
    private readonly Dispatcher _dispatcher;

    public DispatcherTests()
    {
        // A pair of datagram sockets stands for the device: one message per write, as the kernel's.
        string path = Path.Combine(Path.GetTempPath(), $"fuse-dispatcher-{Guid.NewGuid():N}");
        _kernel = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _kernel.Bind(new UnixDomainSocketEndPoint(path));
        _server = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _server.Connect(new UnixDomainSocketEndPoint(path));
        File.Delete(path);
        _channel = new FuseChannel((int)_server.Handle, new FuseOptions(), NullLogger.Instance);
        _dispatcher = new Dispatcher(_channel, _fileSystem, NullLogger.Instance);
    }

    [Fact]
    public void Every_opcode_reaches_its_handler_with_its_arguments()
    {
        Send(Message(Opcode.Lookup, 7, "name\0"u8));
        Assert.Equal("LOOKUP 7 name", _fileSystem.Last);
        byte[] rename = new byte[16];
        rename[0] = 9;
        Send(Message(Opcode.Rename2, 7, [.. rename, .. "old\0new\0"u8]));
        Assert.Equal("RENAME 7 old 9 new", _fileSystem.Last);
        Send(Message(Opcode.Rename, 7, [.. rename[..8], .. "old\0new\0"u8]));
        Assert.Equal("RENAME 7 old 9 new", _fileSystem.Last);
        byte[] write = new byte[40];
        write[8] = 3;
        write[16] = 5;
        Send(Message(Opcode.Write, 7, [.. write, .. "bytes"u8]));
        Assert.Equal("WRITE 7 at 3: bytes", _fileSystem.Last);
        Send(Message(Opcode.SymLink, 7, "name\0target\0"u8));
        Assert.Equal("SYMLINK 7 name target", _fileSystem.Last);
        Assert.Equal(5, Answers().Count);
    }

    [Fact]
    public void An_unknown_opcode_is_ENOSYS()
    {
        Send(Message((Opcode)49, 1, new byte[16]));
        Assert.Equal(-(int)Errno.ENOSYS, Assert.Single(Answers()).Error);
    }

    [Fact]
    public void A_handler_that_throws_is_EIO()
    {
        _fileSystem.Throws = true;
        Send(Message(Opcode.Lookup, 7, "name\0"u8));
        Assert.Equal(-(int)Errno.EIO, Assert.Single(Answers()).Error);
    }

    [Fact]
    public void A_second_answer_is_ignored()
    {
        _fileSystem.AnswersTwice = true;
        Send(Message(Opcode.Lookup, 7, "name\0"u8));
        Send(Message(Opcode.Lookup, 8, "name\0"u8));
        Assert.Equal(2, Answers().Count);
    }

    [Fact]
    public void A_retained_payload_outlives_the_receive_buffer()
    {
        _fileSystem.RetainsWrites = true;
        byte[] write = new byte[40];
        write[16] = 5;
        Send(Message(Opcode.Write, 7, [.. write, .. "first"u8]));
        Send(Message(Opcode.Write, 8, [.. write, .. "other"u8]));
        Assert.Equal(["first", "other"], _fileSystem.ReadRetained());
        _fileSystem.AnswerRetained();
        Assert.Equal(2, Answers().Count);
    }

    [Fact]
    public void Interrupting_reaches_the_token_and_an_unknown_number_is_EAGAIN()
    {
        _fileSystem.Waits = true;
        byte[] message = Message(Opcode.Lookup, 7, "name\0"u8);
        Send(message);
        CancellationToken token = _fileSystem.WaitingToken;
        Send(Message(Opcode.Interrupt, 0, BitConverter.GetBytes(MemoryMarshal.Read<InHeader>(message).Unique)));
        Assert.True(SpinWait.SpinUntil(() => token.IsCancellationRequested, TimeSpan.FromSeconds(10)));
        Assert.Empty(Answers());
        Send(Message(Opcode.Interrupt, 0, BitConverter.GetBytes(987654321UL)));
        Assert.Equal(-(int)Errno.EAGAIN, Assert.Single(Answers()).Error);
    }

    [Fact]
    public void Random_and_truncated_messages_never_fall()
    {
        const int seed = 20260701;
        var random = new Random(seed);
        int answered = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] body = new byte[random.Next(0, 120)];
            random.NextBytes(body);
            byte[] message = Message((Opcode)random.Next(0, 60), (ulong)random.Next(0, 4), body);
            if (random.Next(4) == 0)
                message = message[..random.Next(0, message.Length + 1)]; // shorter than its header says
            if (random.Next(8) == 0)
                random.NextBytes(message.AsSpan(0, Math.Min(4, message.Length)));
            Send(message);
            answered += Answers().Count;
        }

        Assert.InRange(answered, 10_000, 50_000);
        Assert.Equal(0, _channel.InFlight);
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _server.Dispose();
        _channel.Dispose();
    }

    private static unsafe byte[] Message(Opcode opcode, ulong node, ReadOnlySpan<byte> body)
    {
        var header = new InHeader
        {
            Length = (uint)(sizeof(InHeader) + body.Length),
            Opcode = opcode,
            Unique = (ulong)Random.Shared.NextInt64(2, long.MaxValue) & ~1UL,
            NodeId = node,
        };
        return [.. MemoryMarshal.AsBytes(new ReadOnlySpan<InHeader>(in header)), .. body];
    }

    private unsafe void Send(byte[] message)
    {
        var receiver = new Receiver(_channel.Buffers);
        ReceiveBuffer buffer = receiver.Prepare();
        message.CopyTo(new Span<byte>(buffer.Address, buffer.Length));
        buffer.Used = message.Length;
        _dispatcher.Dispatch(receiver, message.Length);
        if (receiver.Buffer is { } kept)
            _channel.Buffers.Return(kept);
    }

    private List<OutHeader> Answers()
    {
        var answers = new List<OutHeader>();
        byte[] buffer = new byte[8192];
        while (_kernel.Available > 0)
        {
            int length = _kernel.Receive(buffer);
            OutHeader header = MemoryMarshal.Read<OutHeader>(buffer);
            Assert.Equal((uint)length, header.Length);
            answers.Add(header);
        }

        return answers;
    }
}
