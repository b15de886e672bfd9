using System.Runtime.InteropServices;
using FuseServer.Protocol;

namespace FuseServer.Session;

/// <summary>Tells whether a body has everything its operation needs: the fixed part, then so many NUL-terminated names, then a value.</summary>
internal static unsafe class RequestLayout
{
    public static bool IsValid(Opcode opcode, ReadOnlySpan<byte> body) => opcode switch
    {
        Opcode.GetAttr => body.Length >= sizeof(GetAttrIn),
        Opcode.SetAttr => body.Length >= sizeof(SetAttrIn),
        Opcode.Lookup or Opcode.Unlink or Opcode.RmDir or Opcode.RemoveXattr => HasNames(body, 0, 1),
        Opcode.SymLink => HasNames(body, 0, 2),
        Opcode.MkNod => HasNames(body, sizeof(MkNodIn), 1),
        Opcode.MkDir => HasNames(body, sizeof(MkDirIn), 1),
        Opcode.Rename => HasNames(body, sizeof(RenameIn), 2),
        Opcode.Rename2 => HasNames(body, sizeof(Rename2In), 2),
        Opcode.Link => HasNames(body, sizeof(LinkIn), 1),
        Opcode.Create => HasNames(body, sizeof(CreateIn), 1),
        Opcode.Open or Opcode.OpenDir => body.Length >= sizeof(OpenIn),
        Opcode.Read or Opcode.ReadDir or Opcode.ReadDirPlus =>
            body.Length >= sizeof(ReadWriteIn) && MemoryMarshal.Read<ReadWriteIn>(body).Size <= int.MaxValue,
        Opcode.Flush => body.Length >= sizeof(FlushIn),
        Opcode.Release or Opcode.ReleaseDir => body.Length >= sizeof(ReleaseIn),
        Opcode.Fsync or Opcode.FsyncDir => body.Length >= sizeof(FsyncIn),
        Opcode.Access => body.Length >= sizeof(AccessIn),
        Opcode.Fallocate => body.Length >= sizeof(FallocateIn),
        Opcode.LSeek => body.Length >= sizeof(LSeekIn),
        Opcode.GetXattr => HasNames(body, sizeof(GetXattrIn), 1) && MemoryMarshal.Read<GetXattrIn>(body).Size <= int.MaxValue,
        Opcode.ListXattr => body.Length >= sizeof(GetXattrIn) && MemoryMarshal.Read<GetXattrIn>(body).Size <= int.MaxValue,
        Opcode.SetXattr => HasNames(body, sizeof(SetXattrIn), 1) && HasValue(body),
        _ => true,
    };

    private static bool HasNames(ReadOnlySpan<byte> body, int offset, int count)
    {
        if (body.Length < offset)
            return false;
        body = body[offset..];
        for (int i = 0; i < count; i++)
        {
            int end = body.IndexOf((byte)0);
            if (end < 0)
                return false;
            body = body[(end + 1)..];
        }
        return true;
    }

    private static bool HasValue(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> rest = body[sizeof(SetXattrIn)..];
        return MemoryMarshal.Read<SetXattrIn>(body).Size == rest.Length - rest.IndexOf((byte)0) - 1;
    }
}
