using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FuseServer;
using FuseServer.Interop;
using FuseServer.Protocol;
using FuseServer.Session;
using FuseServer.Tests.Support;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>
/// What /dev/fuse might deliver, without a kernel; the answers go to /dev/null. The first byte of an input is a set of <see cref="Modes"/>;
/// then come requests, each after its length in two bytes.
/// </summary>
internal sealed unsafe class FuseTarget : FuzzTarget
{
    private const int LengthScale = 64;

    [Flags]
    private enum Modes
    {
        None = 0,

        /// <summary>Requests are answered after all have come.</summary>
        AnswerLater = 1,

        /// <summary>The header gets the true length, which a search would take long to find after each insertion.</summary>
        FixLengths = 2,

        /// <summary>The length counts blocks of 64 bytes, the last ones filled with zeros, so that short inputs make long requests.</summary>
        Long = 4,
    }

    public override string Name => "fuse";

    public override IEnumerable<byte[]> Seeds =>
    [
        Input(Modes.None, Request(Opcode.Init, new InitIn { Major = 7, Minor = 39, MaxReadAhead = 1 << 20, Flags = ~0u })),
        Input(Modes.None, Names(Opcode.Lookup, 0, "aa"), Names(Opcode.Unlink, 0, "b"), Names(Opcode.RmDir, 0, "c")),
        Input(Modes.None, Names(Opcode.SymLink, 0, "a", "b"), Names(Opcode.RemoveXattr, 0, "user.a"), Names(Opcode.Rename, sizeof(RenameIn), "a", "b")),
        Input(Modes.FixLengths, Names(Opcode.Rename2, sizeof(Rename2In), "a", "b"), Names(Opcode.Link, sizeof(LinkIn), "a")),
        Input(Modes.FixLengths, Names(Opcode.MkNod, sizeof(MkNodIn), "a"), Names(Opcode.MkDir, sizeof(MkDirIn), "a"), Names(Opcode.Create, sizeof(CreateIn), "a")),
        Input(Modes.FixLengths, Request(Opcode.GetAttr, new GetAttrIn { Flags = 1, Handle = 5 }), Request(Opcode.SetAttr, new SetAttrIn { Valid = ~0u })),
        Input(Modes.FixLengths, Request(Opcode.Read, new ReadWriteIn { Size = 4096 }), Request(Opcode.ReadDir, new ReadWriteIn { Size = 4096 }), Request(Opcode.ReadDirPlus, new ReadWriteIn { Size = 300 })),
        Input(Modes.AnswerLater, Request(Opcode.Write, new ReadWriteIn { Size = 3 }, "abc"u8), Request(Opcode.Interrupt, new InterruptIn { Unique = 2 })),
        Input(Modes.None, Request(Opcode.Forget, new ForgetIn { LookupCount = 2 }), Request(Opcode.BatchForget, new BatchForgetIn { Count = 1 }, new byte[sizeof(ForgetOne)])),
        Input(Modes.FixLengths, Request(Opcode.Open, default(OpenIn)), Request(Opcode.OpenDir, default(OpenIn)), Request(Opcode.Release, default(ReleaseIn)), Request(Opcode.ReleaseDir, default(ReleaseIn))),
        Input(Modes.FixLengths, Request(Opcode.Flush, default(FlushIn)), Request(Opcode.Fsync, new FsyncIn { Flags = 1 }), Request(Opcode.FsyncDir, default(FsyncIn)), Request(Opcode.Access, default(AccessIn))),
        Input(Modes.FixLengths, Request(Opcode.Fallocate, default(FallocateIn)), Request(Opcode.LSeek, default(LSeekIn)), Request(Opcode.ListXattr, new GetXattrIn { Size = 9 }), Names(Opcode.GetXattr, sizeof(GetXattrIn), "user.a")),
        Input(Modes.FixLengths, Request(Opcode.SetXattr, new SetXattrIn { Size = 2 }, "user.a\0vv"u8), Request(Opcode.StatFs, 0), Request(Opcode.Destroy, 0), Request(Opcode.ReadLink, 0), Request(Opcode.SyncFs, 0)),
        // A payload that is retained with its whole buffer.
        Input(Modes.AnswerLater | Modes.FixLengths | Modes.Long, [.. Request(Opcode.Write, new ReadWriteIn { Size = (1200 * LengthScale) - (uint)(sizeof(InHeader) + sizeof(ReadWriteIn)) })]),
    ];

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        var modes = (Modes)input[0];
        var log = new LineCounter();
        var later = new LateFileSystem();
        using var connection = new FuseConnection(
            new FuseDevice(NativeMethods.Open("/dev/null", NativeMethods.OpenReadWrite)), new FuseOptions { MaxRequestBytes = 128 << 10, MaxBackground = 2 }, log);
        FuseFileSystem fileSystem = modes.HasFlag(Modes.AnswerLater) ? later : new TouchingFileSystem();
        var dispatcher = new RequestDispatcher(connection, fileSystem, (_, _) => { });
        var slot = new ReaderSlot();
        ReadOnlySpan<byte> rest = input.AsSpan(1);
        while (rest.Length >= sizeof(ushort))
        {
            slot.Buffer ??= connection.Buffers.Rent();
            int length = Fill(slot.Buffer, modes, ref rest);
            if (length > 0)
                dispatcher.Dispatch(slot, length);
        }

        later.AnswerAll();
        if (slot.Buffer is not null)
            connection.Buffers.Return(slot.Buffer);
        Require(connection.Counters.HandlerFailures == 0, "a handler that only looked at its request threw");
        Require(connection.Counters.InFlight == 0, $"{connection.Counters.InFlight} requests were never answered");
        Require(connection.Counters.RetainedBytes == 0, "data of answered requests is held");
    }

    /// <summary>Puts the next request into the buffer, as read(2) would.</summary>
    private static int Fill(ReceiveBuffer buffer, Modes modes, ref ReadOnlySpan<byte> rest)
    {
        int claimed = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        rest = rest[sizeof(ushort)..];
        var into = new Span<byte>(buffer.Pointer, buffer.Size);
        ReadOnlySpan<byte> bytes = rest[..Math.Min(claimed, rest.Length)];
        rest = rest[bytes.Length..];
        bytes.CopyTo(into);
        int length = bytes.Length;
        if (modes.HasFlag(Modes.Long))
        {
            length = Math.Max(bytes.Length, Math.Min(claimed * LengthScale, buffer.Size));
            into[bytes.Length..length].Clear();
        }

        if (modes.HasFlag(Modes.FixLengths) && length >= sizeof(uint))
            BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)length);
        return length;
    }

    private static byte[] Input(Modes modes, params byte[][] requests)
    {
        var input = new List<byte> { (byte)modes };
        ulong unique = 2;
        foreach (byte[] request in requests)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(8), unique);
            unique += 2;
            int length = modes.HasFlag(Modes.Long) ? 1200 : request.Length;
            input.AddRange([(byte)length, (byte)(length >> 8), .. request]);
        }

        return [.. input];
    }

    private static byte[] Request<T>(Opcode opcode, T body, ReadOnlySpan<byte> tail = default) where T : unmanaged
    {
        var header = new InHeader { Length = (uint)(sizeof(InHeader) + sizeof(T) + tail.Length), Opcode = opcode, Unique = 2, NodeId = 1 };
        return [.. MemoryMarshal.AsBytes(new ReadOnlySpan<InHeader>(in header)), .. MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body)), .. tail];
    }

    private static byte[] Names(Opcode opcode, int fixedPart, params string[] names)
    {
        byte[] body = [.. new byte[fixedPart], .. System.Text.Encoding.UTF8.GetBytes(string.Concat(names.Select(name => name + "\0")))];
        var header = new InHeader { Length = (uint)(sizeof(InHeader) + body.Length), Opcode = opcode, Unique = 2, NodeId = 1 };
        return [.. MemoryMarshal.AsBytes(new ReadOnlySpan<InHeader>(in header)), .. body];
    }
}
