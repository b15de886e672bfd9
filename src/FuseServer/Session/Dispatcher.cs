using System.Runtime.InteropServices;
using FuseServer.Abi;
using Microsoft.Extensions.Logging;

namespace FuseServer.Session;

/// <summary>Takes one message of the kernel apart and calls the file system. Trusts no length in it.</summary>
internal sealed unsafe partial class Dispatcher(FuseChannel channel, FuseFileSystem fileSystem, ILogger logger)
{
    /// <summary>Handles one message; never throws.</summary>
    /// <param name="receiver">Its buffer holds the message.</param>
    /// <param name="length">Bytes read.</param>
    public void Dispatch(Receiver receiver, int length)
    {
        var message = new ReadOnlySpan<byte>(receiver.Buffer!.Address, length);
        if (length < sizeof(InHeader))
        {
            LogMalformed(length);
            return;
        }

        InHeader header = MemoryMarshal.Read<InHeader>(message);
        channel.Counters.Received(header.Opcode);
        int payloadOffset = header.Opcode == Opcode.Write ? sizeof(InHeader) + sizeof(ReadWriteIn) : length;
        if (header.Length != length || payloadOffset > length || payloadOffset - sizeof(InHeader) > FuseRequest.ArgumentCapacity)
        {
            RefuseMalformed(header, length);
            return;
        }

        ReadOnlySpan<byte> arguments = message[sizeof(InHeader)..payloadOffset];
        if (HandleWithoutAnswer(header, arguments))
            return;
        if (arguments.Length < MinimumArguments(header.Opcode))
        {
            RefuseMalformed(header, length);
            return;
        }

        FuseRequest request = channel.Rent();
        request.Assign(header, message, payloadOffset, receiver);
        channel.Begin(request);
        try
        {
            Call(request);
        }
        catch (Exception e)
        {
            LogThrown(e, header.Opcode, header.Unique);
            channel.Fail(request, header.Unique, Errno.EIO);
        }
    }

    /// <summary>Bytes without which a request makes no sense; older protocols of 7.31 and later send no shorter structures.</summary>
    private static int MinimumArguments(Opcode opcode) => opcode switch
    {
        Opcode.GetAttr => sizeof(GetAttrIn),
        Opcode.SetAttr => sizeof(SetAttrIn),
        Opcode.MkNod => sizeof(MkNodIn) + 2,
        Opcode.MkDir => sizeof(MkDirIn) + 2,
        Opcode.Rename => sizeof(ulong) + 4,
        Opcode.Rename2 => sizeof(Rename2In) + 4,
        Opcode.Link => sizeof(ulong) + 2,
        Opcode.SymLink => 4,
        Opcode.Lookup or Opcode.Unlink or Opcode.RmDir or Opcode.RemoveXAttr => 2,
        Opcode.Open or Opcode.OpenDir => sizeof(OpenIn),
        Opcode.Create => sizeof(CreateIn) + 2,
        Opcode.Read or Opcode.Write or Opcode.ReadDir or Opcode.ReadDirPlus => sizeof(ReadWriteIn),
        Opcode.Release or Opcode.ReleaseDir => sizeof(ReleaseIn),
        Opcode.Flush => sizeof(FlushIn),
        Opcode.FSync or Opcode.FSyncDir => sizeof(FSyncIn),
        Opcode.FAllocate => sizeof(FAllocateIn),
        Opcode.LSeek => sizeof(LSeekIn),
        Opcode.GetXAttr or Opcode.ListXAttr => sizeof(GetXAttrIn),
        Opcode.SetXAttr => sizeof(SetXAttrIn) + 2,
        Opcode.Access => sizeof(AccessIn),
        _ => 0,
    };

    /// <summary>Requests that the kernel expects no answer to, and DESTROY.</summary>
    private bool HandleWithoutAnswer(in InHeader header, ReadOnlySpan<byte> arguments)
    {
        switch (header.Opcode)
        {
            case Opcode.Forget when arguments.Length >= sizeof(ulong):
                Forget(header.NodeId, MemoryMarshal.Read<ulong>(arguments));
                return true;
            case Opcode.BatchForget when arguments.Length >= sizeof(BatchForgetIn):
                uint count = MemoryMarshal.Read<BatchForgetIn>(arguments).Count;
                ReadOnlySpan<ForgetOne> nodes = MemoryMarshal.Cast<byte, ForgetOne>(arguments[sizeof(BatchForgetIn)..]);
                foreach (ForgetOne node in nodes[..(int)Math.Min(count, (uint)nodes.Length)])
                    Forget(node.NodeId, node.LookupCount);
                return true;
            case Opcode.Interrupt when arguments.Length >= sizeof(ulong):
                // EAGAIN: the request has not been read yet, so the kernel must ask again; it drops the interruption of one that is answered.
                if (!channel.Interrupt(MemoryMarshal.Read<ulong>(arguments)))
                    channel.Send(header, Errno.EAGAIN, default);
                return true;
            case Opcode.Forget or Opcode.BatchForget or Opcode.Interrupt:
                LogMalformed(arguments.Length);
                return true;
            case Opcode.Destroy:
                channel.Send(header, Errno.None, default);
                return true;
            default:
                return false;
        }
    }

    private void Forget(ulong nodeId, ulong lookupCount)
    {
        try
        {
            fileSystem.Forget(nodeId, lookupCount);
        }
        catch (Exception e)
        {
            LogThrown(e, Opcode.Forget, 0);
        }
    }

    private void RefuseMalformed(in InHeader header, int length)
    {
        LogMalformed(length);
        if (header.Opcode is not (Opcode.Forget or Opcode.BatchForget or Opcode.Interrupt))
            channel.Send(header, header.Opcode == Opcode.SetXAttr ? Errno.E2BIG : Errno.EIO, default);
    }

    private void Call(FuseRequest r)
    {
        switch (r.Header.Opcode)
        {
            case Opcode.Lookup: fileSystem.Lookup(new LookupRequest(r)); break;
            case Opcode.GetAttr: fileSystem.GetAttributes(new GetAttributesRequest(r)); break;
            case Opcode.SetAttr: fileSystem.SetAttributes(new SetAttributesRequest(r)); break;
            case Opcode.ReadLink: fileSystem.ReadLink(new ReadLinkRequest(r)); break;
            case Opcode.SymLink: fileSystem.SymbolicLink(new SymbolicLinkRequest(r)); break;
            case Opcode.MkNod: fileSystem.MakeNode(new MakeNodeRequest(r)); break;
            case Opcode.MkDir: fileSystem.MakeDirectory(new MakeDirectoryRequest(r)); break;
            case Opcode.Unlink: fileSystem.Unlink(new UnlinkRequest(r)); break;
            case Opcode.RmDir: fileSystem.RemoveDirectory(new RemoveDirectoryRequest(r)); break;
            case Opcode.Rename or Opcode.Rename2: fileSystem.Rename(new RenameRequest(r)); break;
            case Opcode.Link: fileSystem.Link(new LinkRequest(r)); break;
            case Opcode.Open: fileSystem.Open(new OpenRequest(r)); break;
            case Opcode.Create: fileSystem.Create(new CreateRequest(r)); break;
            case Opcode.Read: fileSystem.Read(new ReadRequest(r)); break;
            case Opcode.Write: fileSystem.Write(new WriteRequest(r)); break;
            case Opcode.StatFs: fileSystem.StatFileSystem(new StatFileSystemRequest(r)); break;
            case Opcode.Release: fileSystem.Release(new ReleaseRequest(r)); break;
            case Opcode.FSync: fileSystem.Synchronize(new SynchronizeRequest(r)); break;
            case Opcode.Flush: fileSystem.Flush(new FlushRequest(r)); break;
            case Opcode.OpenDir: fileSystem.OpenDirectory(new OpenDirectoryRequest(r)); break;
            case Opcode.ReadDir or Opcode.ReadDirPlus: fileSystem.ReadDirectory(new ReadDirectoryRequest(r)); break;
            case Opcode.ReleaseDir: fileSystem.ReleaseDirectory(new ReleaseDirectoryRequest(r)); break;
            case Opcode.FSyncDir: fileSystem.SynchronizeDirectory(new SynchronizeDirectoryRequest(r)); break;
            case Opcode.Access: fileSystem.Access(new AccessRequest(r)); break;
            case Opcode.FAllocate: fileSystem.Allocate(new AllocateRequest(r)); break;
            case Opcode.LSeek: fileSystem.Seek(new SeekRequest(r)); break;
            case Opcode.GetXAttr: fileSystem.GetExtendedAttribute(new GetExtendedAttributeRequest(r)); break;
            case Opcode.SetXAttr: fileSystem.SetExtendedAttribute(new SetExtendedAttributeRequest(r)); break;
            case Opcode.ListXAttr: fileSystem.ListExtendedAttributes(new ListExtendedAttributesRequest(r)); break;
            case Opcode.RemoveXAttr: fileSystem.RemoveExtendedAttribute(new RemoveExtendedAttributeRequest(r)); break;
            default: channel.Fail(r, r.Header.Unique, Errno.ENOSYS); break;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of {Length} bytes is malformed")]
    private partial void LogMalformed(int length);

    [LoggerMessage(Level = LogLevel.Error, Message = "The handler of {Opcode} {Unique} threw")]
    private partial void LogThrown(Exception exception, Opcode opcode, ulong unique);
}
