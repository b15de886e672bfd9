using System.Text;
using FuseServer;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.FuseAdapter.Native;

namespace OrthancCloudFs.FuseAdapter.Underlay;

/// <summary>
/// Attachments that lie in the underlay as stock Orthanc stores them: <c>aa/bb/UUID</c>, in plain. Once looked up they are files like any
/// other here. Hash folders are never shown to the kernel as folders of the underlay: they are made and removed along with what is in them.
/// </summary>
public sealed partial class UnderlayFileSystem
{
    /// <summary>"aa/bb/", the UUID, and a NUL.</summary>
    private const int AttachmentPathLength = 6 + AttachmentId.TextLength + 1;

    /// <summary>Some file systems do not tell types in listings.</summary>
    private const uint UnknownType = 0;

    /// <summary>A folder may be removed between its making and the making of the file in it; so often it is made again.</summary>
    private const int MostAttempts = 10;

    /// <summary>Looks an attachment up and counts a reference by the kernel. ENOENT also when its folders are missing, or are none.</summary>
    public unsafe Errno TryEnterAttachment(AttachmentId id, out FuseEntry entry)
    {
        byte* path = stackalloc byte[AttachmentPathLength];
        FormatPath(id, path);
        Errno error = TryEnter(_nodes.Root.Descriptor, path, out entry);
        return error == Errno.ENOTDIR ? Errno.ENOENT : error; // a placeholder in the place of a folder
    }

    /// <summary>Creates an attachment, and the folders that are missing.</summary>
    /// <param name="r">The request of the kernel.</param>
    /// <param name="id">The attachment.</param>
    /// <param name="directoryMode">Permissions of new folders.</param>
    public unsafe void CreateAttachment(CreateRequest r, AttachmentId id, uint directoryMode)
    {
        byte* path = stackalloc byte[AttachmentPathLength];
        FormatPath(id, path);
        Errno error = Errno.ENOENT;
        for (int attempt = 0; attempt < MostAttempts && error == Errno.ENOENT; attempt++)
        {
            error = TryCreate(r, _nodes.Root, path, out int descriptor, out FuseEntry entry);
            if (error == Errno.None)
            {
                r.Reply(entry, _files.Add(new OpenUnderlayFile(descriptor)), OpenReplyFlags.KeepCache);
                return;
            }

            if (error == Errno.ENOENT && MakeFolders(r, path, directoryMode) is var failed and not Errno.None)
                error = failed;
        }

        r.Fail(error);
    }

    /// <summary>Removes an attachment, and its folders if they are empty then. ENOENT when it is not here.</summary>
    public unsafe Errno RemoveAttachment(AttachmentId id)
    {
        byte* path = stackalloc byte[AttachmentPathLength];
        FormatPath(id, path);
        Errno error = Libc.ErrorOf(Libc.Unlink(_nodes.Root.Descriptor, path, 0));
        if (error == Errno.None)
            RemoveEmptyFolders(path);
        return error == Errno.ENOTDIR ? Errno.ENOENT : error;
    }

    /// <summary>The sub-folders of a hash folder of depth 0 or 1 that exist here, or the attachments in one of depth 2.</summary>
    public IReadOnlyList<UnderlayDirectoryEntry> ReadAttachments(HashDirectory directory)
    {
        string path = directory.Depth switch
        {
            0 => ".",
            1 => HashDirectory.NameOf(directory.FirstByte),
            _ => $"{HashDirectory.NameOf(directory.FirstByte)}/{HashDirectory.NameOf(directory.SecondByte)}",
        };
        return ReadEntries(
            Libc.Open($"{Libc.DescriptorPath(_nodes.Root.Descriptor)}/{path}", Libc.ReadOnly | Libc.FolderOnly | Libc.CloseOnExec),
            (name, type) => directory.Depth == 2
                ? type is RegularType or UnknownType && AttachmentId.TryParse(name, out AttachmentId id) && directory.Holds(id)
                : type is FolderType or UnknownType && directory.TryGetChild(name, out _));
    }

    private static unsafe void FormatPath(AttachmentId id, byte* path)
    {
        var span = new Span<byte>(path, AttachmentPathLength);
        HashDirectory folder = id.Directory;
        Encoding.ASCII.GetBytes($"{HashDirectory.NameOf(folder.FirstByte)}/{HashDirectory.NameOf(folder.SecondByte)}/", span);
        id.Format(span[6..]);
        span[^1] = 0;
    }

    /// <summary>Both folders of a path; none of them is an error when it exists.</summary>
    private unsafe Errno MakeFolders(CreateRequest r, byte* path, uint mode)
    {
        byte* folder = stackalloc byte[6];
        foreach (int end in (ReadOnlySpan<int>)[2, 5])
        {
            new ReadOnlySpan<byte>(path, end).CopyTo(new Span<byte>(folder, end));
            folder[end] = 0;
            Errno error = Libc.ErrorOf(Libc.MakeFolder(_nodes.Root.Descriptor, folder, mode));
            if (error == Errno.EEXIST)
                continue;
            FuseEntry entry = default;
            if (error == Errno.None)
                error = EnterNew(_nodes.Root, folder, r.UserId, r.GroupId, mode, out entry);
            if (error != Errno.None)
                return error;
            _nodes.Forget(entry.NodeId, 1); // the kernel does not hear of it
        }

        return Errno.None;
    }

    private unsafe void RemoveEmptyFolders(byte* path)
    {
        path[5] = 0;
        if (Libc.Unlink(_nodes.Root.Descriptor, path, Libc.RemoveFolder) < 0)
            return;
        path[2] = 0;
        _ = Libc.Unlink(_nodes.Root.Descriptor, path, Libc.RemoveFolder);
    }
}
