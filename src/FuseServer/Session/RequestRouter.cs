using FuseServer.Protocol;

namespace FuseServer.Session;

/// <summary>From the operation to its handler.</summary>
internal static class RequestRouter
{
    public static void Call(FuseFileSystem fileSystem, FuseRequest request)
    {
        switch (request.Opcode)
        {
            case Opcode.Lookup: fileSystem.Lookup(new LookupRequest(request)); break;
            case Opcode.GetAttr: fileSystem.GetAttributes(new GetAttributesRequest(request)); break;
            case Opcode.SetAttr: fileSystem.SetAttributes(new SetAttributesRequest(request)); break;
            case Opcode.ReadLink: fileSystem.ReadLink(new ReadLinkRequest(request)); break;
            case Opcode.SymLink: fileSystem.SymbolicLink(new SymbolicLinkRequest(request)); break;
            case Opcode.MkNod: fileSystem.MakeNode(new MakeNodeRequest(request)); break;
            case Opcode.MkDir: fileSystem.MakeDirectory(new MakeDirectoryRequest(request)); break;
            case Opcode.Unlink: fileSystem.Unlink(new UnlinkRequest(request)); break;
            case Opcode.RmDir: fileSystem.RemoveDirectory(new RemoveDirectoryRequest(request)); break;
            case Opcode.Rename or Opcode.Rename2: fileSystem.Rename(new RenameRequest(request)); break;
            case Opcode.Link: fileSystem.Link(new LinkRequest(request)); break;
            case Opcode.Open: fileSystem.Open(new OpenRequest(request)); break;
            case Opcode.Create: fileSystem.Create(new CreateRequest(request)); break;
            case Opcode.Read: fileSystem.Read(new ReadRequest(request)); break;
            case Opcode.Write: fileSystem.Write(new WriteRequest(request)); break;
            case Opcode.Flush: fileSystem.Flush(new FlushRequest(request)); break;
            case Opcode.Release: fileSystem.Release(new ReleaseRequest(request)); break;
            case Opcode.Fsync: fileSystem.Synchronize(new SynchronizeRequest(request)); break;
            case Opcode.OpenDir: fileSystem.OpenDirectory(new OpenDirectoryRequest(request)); break;
            case Opcode.ReadDir or Opcode.ReadDirPlus: fileSystem.ReadDirectory(new ReadDirectoryRequest(request)); break;
            case Opcode.ReleaseDir: fileSystem.ReleaseDirectory(new ReleaseDirectoryRequest(request)); break;
            case Opcode.FsyncDir: fileSystem.SynchronizeDirectory(new SynchronizeDirectoryRequest(request)); break;
            case Opcode.StatFs: fileSystem.StatFileSystem(new StatFileSystemRequest(request)); break;
            case Opcode.Access: fileSystem.Access(new AccessRequest(request)); break;
            case Opcode.Fallocate: fileSystem.Allocate(new AllocateRequest(request)); break;
            case Opcode.LSeek: fileSystem.Seek(new SeekRequest(request)); break;
            case Opcode.GetXattr: fileSystem.GetExtendedAttribute(new GetExtendedAttributeRequest(request)); break;
            case Opcode.SetXattr: fileSystem.SetExtendedAttribute(new SetExtendedAttributeRequest(request)); break;
            case Opcode.ListXattr: fileSystem.ListExtendedAttributes(new ListExtendedAttributesRequest(request)); break;
            case Opcode.RemoveXattr: fileSystem.RemoveExtendedAttribute(new RemoveExtendedAttributeRequest(request)); break;
            default: request.Fail(request.Unique, Errno.ENOSYS); break;
        }
    }
}
