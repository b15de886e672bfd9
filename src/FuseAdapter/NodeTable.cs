using System.Diagnostics.CodeAnalysis;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Tree;

namespace OrthancCloudFs.FuseAdapter;

/// <summary>
/// The kernel's node numbers. Hash folders have fixed ones and need no memory; attachments get one when the kernel first hears of them
/// and lose it when the kernel has forgotten them. Numbers with the top bit set belong to the underlay.
/// </summary>
internal sealed class NodeTable
{
    /// <summary>FUSE_ROOT_ID of linux/fuse.h.</summary>
    public const ulong Root = 1;

    private const ulong FirstDirectory = 0x100;
    private const ulong SecondDirectory = 0x1_0000;
    private const ulong FirstAttachment = 0x100_0000;
    private const ulong UnderlayBit = 1UL << 63;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Entry> _byNumber = [];
    private readonly Dictionary<AttachmentId, ulong> _byId = [];
    private ulong _next = FirstAttachment;

    /// <summary>Attachments that the kernel knows.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _byNumber.Count;
        }
    }

    public static bool IsUnderlay(ulong number) => (number & UnderlayBit) != 0;

    public static ulong NumberOf(HashDirectory directory) => directory.Depth switch
    {
        0 => Root,
        1 => FirstDirectory + directory.FirstByte,
        _ => SecondDirectory + ((ulong)directory.FirstByte << 8) + directory.SecondByte,
    };

    public static bool TryGetDirectory(ulong number, out HashDirectory directory)
    {
        directory = number switch
        {
            >= FirstDirectory and < FirstDirectory + 0x100 => HashDirectory.First((byte)(number - FirstDirectory)),
            >= SecondDirectory and < SecondDirectory + 0x1_0000 =>
                HashDirectory.Second((byte)((number - SecondDirectory) >> 8), (byte)(number - SecondDirectory)),
            _ => HashDirectory.Root,
        };
        return number == Root || directory.Depth > 0;
    }

    public AttachmentNode? Find(ulong number)
    {
        lock (_lock)
            return _byNumber.TryGetValue(number, out Entry? entry) ? entry.Node : null;
    }

    public bool TryFind(AttachmentId id, [NotNullWhen(true)] out AttachmentNode? node)
    {
        lock (_lock)
            node = _byId.TryGetValue(id, out ulong number) ? _byNumber[number].Node : null;
        return node is not null;
    }

    /// <summary>
    /// Counts one more reference by the kernel. A node that is still the same attachment keeps its number, and what the kernel cached
    /// under it; one that was removed or has failed gives its place to the new one.
    /// </summary>
    public (ulong Number, AttachmentNode Node) Reference(AttachmentNode found)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(found.Id, out ulong number))
            {
                Entry known = _byNumber[number];
                if (IsSame(known.Node, found))
                {
                    if (found.Committed is { } committed)
                        known.Node.Update(committed);
                    known.References++;
                    return (number, known.Node);
                }
            }

            number = _next++;
            _byNumber.Add(number, new Entry(found) { References = 1 });
            _byId[found.Id] = number;
            return (number, found);
        }
    }

    public void Forget(ulong number, ulong count)
    {
        lock (_lock)
        {
            if (!_byNumber.TryGetValue(number, out Entry? entry))
                return;
            entry.References -= Math.Min(count, entry.References);
            if (entry.References > 0)
                return;
            _byNumber.Remove(number);
            if (_byId.TryGetValue(entry.Node.Id, out ulong current) && current == number)
                _byId.Remove(entry.Node.Id);
        }
    }

    private static bool IsSame(AttachmentNode known, AttachmentNode found) =>
        !known.IsRemoved && known.Writer?.Failure is null && known.Doubt is null && found.Doubt is null
        && (ReferenceEquals(known.Writer, found.Writer) || (known.Committed is { } a && found.Committed is { } b && a.Length == b.Length));

    private sealed class Entry(AttachmentNode node)
    {
        public AttachmentNode Node { get; } = node;

        public ulong References { get; set; }
    }
}
