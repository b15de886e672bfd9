using System.Text;
using OrthancCloudFs.Attachments;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>What a path of the volume stands for.</summary>
internal enum StoragePathKind
{
    /// <summary>The root, <c>\aa</c> or <c>\aa\bb</c>: exists without a request.</summary>
    HashDirectory,

    /// <summary><c>\aa\bb\UUID</c>, filed where it belongs.</summary>
    Attachment,

    /// <summary>Something else below a hash folder: there is no such thing, and cannot be.</summary>
    Nothing,

    /// <summary>Something else below the root: a file or folder of the underlay.</summary>
    Underlay,
}

/// <summary>A path of the volume, taken apart. Upper and lower case are the same, as Windows' programs expect.</summary>
internal readonly record struct StoragePath(StoragePathKind Kind, HashDirectory Directory, AttachmentId Id)
{
    private const char Separator = '\\';

    /// <summary>Takes a path apart that begins with a backslash.</summary>
    public static StoragePath Parse(ReadOnlySpan<char> path)
    {
        HashDirectory directory = HashDirectory.Root;
        ReadOnlySpan<char> rest = path.TrimStart(Separator);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf(Separator);
            ReadOnlySpan<char> name = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (TryGetChild(directory, name, out HashDirectory child))
            {
                directory = child;
                continue;
            }

            if (directory.Depth == 0)
                return new StoragePath(StoragePathKind.Underlay, directory, default);
            return rest.IsEmpty && TryGetAttachment(directory, name, out AttachmentId id)
                ? new StoragePath(StoragePathKind.Attachment, directory, id)
                : new StoragePath(StoragePathKind.Nothing, directory, default);
        }

        return new StoragePath(StoragePathKind.HashDirectory, directory, default);
    }

    /// <summary>True for names of the root that are hash folders, whatever the underlay has.</summary>
    public static bool IsHashDirectoryName(ReadOnlySpan<char> name) => TryGetChild(HashDirectory.Root, name, out _);

    private static bool TryGetChild(HashDirectory directory, ReadOnlySpan<char> name, out HashDirectory child)
    {
        Span<byte> lower = stackalloc byte[2];
        child = default;
        return name.Length == lower.Length && TryLower(name, lower) && directory.TryGetChild(lower, out child);
    }

    private static bool TryGetAttachment(HashDirectory directory, ReadOnlySpan<char> name, out AttachmentId id)
    {
        Span<byte> lower = stackalloc byte[AttachmentId.TextLength];
        id = default;
        return name.Length == lower.Length && TryLower(name, lower) && AttachmentId.TryParse(lower, out id) && directory.Holds(id);
    }

    private static bool TryLower(ReadOnlySpan<char> name, Span<byte> lower) =>
        Ascii.ToLower(name, lower, out int written) == System.Buffers.OperationStatus.Done && written == name.Length;
}
