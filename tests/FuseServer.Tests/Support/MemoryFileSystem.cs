using System.Runtime.InteropServices;
using System.Text;

namespace FuseServer.Tests.Support;

/// <summary>A small file system in memory, with places where tests make operations slow or wrong.</summary>
internal class MemoryFileSystem : FuseFileSystem
{
    public const ulong Root = 1;

    private const uint DirectoryType = 0x4000;
    private const uint FileType = 0x8000;
    private const uint LinkType = 0xA000;

    private static readonly TimeSpan Valid = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Node> _nodes = [];
    private ulong _nextId = Root;

    public MemoryFileSystem() => Add(DirectoryType | 0x1FF);

    public FuseConnectionInfo? Info { get; private set; }

    public bool IsDestroyed { get; private set; }

    /// <summary>How files are opened.</summary>
    public OpenReplyFlags OpenFlags { get; set; } = OpenReplyFlags.KeepCache;

    /// <summary>What FSYNC answers.</summary>
    public Errno SynchronizeError { get; set; }

    /// <summary>What FLUSH answers.</summary>
    public Errno FlushError { get; set; }

    /// <summary>WRITEs are answered later, from the thread pool, with their data retained.</summary>
    public bool AnswersWritesLater { get; set; }

    public long ForgottenLookups;

    public override void Initialized(FuseConnectionInfo info) => Info = info;

    public override void Destroyed() => IsDestroyed = true;

    public override void Forget(ulong nodeId, ulong lookupCount) => Interlocked.Add(ref ForgottenLookups, (long)lookupCount);

    public override void Lookup(LookupRequest request)
    {
        lock (_lock)
        {
            if (Children(request.NodeId).TryGetValue(Text(request.Name), out ulong id))
                request.Reply(Entry(id));
            else
                request.ReplyNegative(Valid);
        }
    }

    public override void GetAttributes(GetAttributesRequest request)
    {
        lock (_lock)
            request.Reply(_nodes[request.NodeId].Attributes, Valid);
    }

    public override void SetAttributes(SetAttributesRequest request)
    {
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            SetAttributesFields fields = request.Fields;
            if (fields.HasFlag(SetAttributesFields.Mode))
                node.Attributes.Mode = (node.Attributes.Mode & ~0xFFFu) | (request.Mode & 0xFFF);
            if (fields.HasFlag(SetAttributesFields.UserId))
                node.Attributes.UserId = request.OwnerUserId;
            if (fields.HasFlag(SetAttributesFields.GroupId))
                node.Attributes.GroupId = request.OwnerGroupId;
            if (fields.HasFlag(SetAttributesFields.ModificationTime))
            {
                node.Attributes.ModificationTime = request.ModificationTime;
                node.Attributes.ModificationTimeNanoseconds = request.ModificationTimeNanoseconds;
            }
            if (fields.HasFlag(SetAttributesFields.Size))
                node.Resize((int)request.Size);
            request.Reply(node.Attributes, Valid);
        }
    }

    public override void SymbolicLink(SymbolicLinkRequest request)
    {
        lock (_lock)
        {
            ulong id = Add(LinkType | 0x1FF);
            _nodes[id].Content = request.Target.ToArray();
            Children(request.NodeId)[Text(request.Name)] = id;
            request.Reply(Entry(id));
        }
    }

    public override void ReadLink(ReadLinkRequest request)
    {
        lock (_lock)
            request.Reply(_nodes[request.NodeId].Content);
    }

    public override void MakeDirectory(MakeDirectoryRequest request)
    {
        lock (_lock)
        {
            ulong id = Add(DirectoryType | request.Mode);
            Children(request.NodeId)[Text(request.Name)] = id;
            request.Reply(Entry(id));
        }
    }

    public override void MakeNode(MakeNodeRequest request)
    {
        lock (_lock)
        {
            ulong id = Add(request.Mode);
            Children(request.NodeId)[Text(request.Name)] = id;
            request.Reply(Entry(id));
        }
    }

    public override void Create(CreateRequest request)
    {
        lock (_lock)
        {
            ulong id = Add(FileType | (request.Mode & 0xFFF));
            Children(request.NodeId)[Text(request.Name)] = id;
            request.Reply(Entry(id), id, OpenFlags);
        }
    }

    public override void Link(LinkRequest request)
    {
        lock (_lock)
        {
            Children(request.NodeId)[Text(request.Name)] = request.ExistingNodeId;
            _nodes[request.ExistingNodeId].Attributes.LinkCount++;
            request.Reply(Entry(request.ExistingNodeId));
        }
    }

    public override void Unlink(UnlinkRequest request)
    {
        lock (_lock)
        {
            if (Children(request.NodeId).Remove(Text(request.Name)))
                request.Reply();
            else
                request.Fail(Errno.ENOENT);
        }
    }

    public override void RemoveDirectory(RemoveDirectoryRequest request)
    {
        lock (_lock)
        {
            string name = Text(request.Name);
            if (!Children(request.NodeId).TryGetValue(name, out ulong id))
            {
                request.Fail(Errno.ENOENT);
            }
            else if (Children(id).Count > 0)
            {
                request.Fail(Errno.ENOTEMPTY);
            }
            else
            {
                Children(request.NodeId).Remove(name);
                request.Reply();
            }
        }
    }

    public override void Rename(RenameRequest request)
    {
        const uint NoReplace = 1;
        lock (_lock)
        {
            string target = Text(request.NewName);
            if ((request.Flags & NoReplace) != 0 && Children(request.NewParent).ContainsKey(target))
            {
                request.Fail(Errno.EEXIST);
            }
            else if (Children(request.NodeId).Remove(Text(request.Name), out ulong id))
            {
                Children(request.NewParent)[target] = id;
                request.Reply();
            }
            else
            {
                request.Fail(Errno.ENOENT);
            }
        }
    }

    public override void Open(OpenRequest request)
    {
        const int Truncate = 0x200;
        lock (_lock)
        {
            if ((request.Flags & Truncate) != 0)
                _nodes[request.NodeId].Resize(0);
        }
        request.Reply(request.NodeId, OpenFlags);
    }

    public override void Read(ReadRequest request)
    {
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            int length = (int)node.Attributes.Size;
            int start = (int)Math.Min(request.Offset, length);
            int count = Math.Min(request.Size, length - start);
            if (count < 8192)
            {
                request.Reply(node.Content.AsSpan(start, count));
                return;
            }
            int half = count / 2;
            request.Reply([node.Content.AsMemory(start, half), node.Content.AsMemory(start + half, count - half)]);
        }
    }

    public override void Write(WriteRequest request)
    {
        if (AnswersWritesLater)
        {
            request.RetainData();
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.FileSystem.Store(state.Request), (FileSystem: this, Request: request), preferLocal: false);
            return;
        }
        Store(request);
    }

    public override void Flush(FlushRequest request)
    {
        if (FlushError == Errno.None)
            request.Reply();
        else
            request.Fail(FlushError);
    }

    public override void Synchronize(SynchronizeRequest request)
    {
        if (SynchronizeError == Errno.None)
            request.Reply();
        else
            request.Fail(SynchronizeError);
    }

    public override void Release(ReleaseRequest request) => request.Reply();

    public override void OpenDirectory(OpenDirectoryRequest request) => request.Reply(0, OpenReplyFlags.None);

    public override void ReleaseDirectory(ReleaseDirectoryRequest request) => request.Reply();

    public override void ReadDirectory(ReadDirectoryRequest request)
    {
        DirectoryBuffer buffer = request.CreateBuffer();
        lock (_lock)
        {
            ulong position = 0;
            foreach ((string name, ulong id) in Children(request.NodeId))
            {
                if (position++ < request.Offset)
                    continue;
                byte[] bytes = Encoding.UTF8.GetBytes(name);
                bool added = request.WithAttributes
                    ? buffer.TryAddWithAttributes(bytes, Entry(id), position)
                    : buffer.TryAdd(bytes, id, _nodes[id].Attributes.Mode, position);
                if (!added)
                    break;
            }
        }
        request.Reply(buffer);
    }

    public override void StatFileSystem(StatFileSystemRequest request) => request.Reply(new FuseFileSystemStatistics
    {
        Blocks = 1000,
        FreeBlocks = 600,
        AvailableBlocks = 500,
        Files = 70,
        FreeFiles = 30,
        BlockSize = 4096,
        FragmentSize = 4096,
        NameLength = 255,
    });

    public override void GetExtendedAttribute(GetExtendedAttributeRequest request)
    {
        lock (_lock)
        {
            if (!_nodes[request.NodeId].Extended.TryGetValue(Text(request.Name), out byte[]? value))
                request.Fail(Errno.ENODATA);
            else
                AnswerSized(value, request.Size, request.ReplySize, v => request.Reply(v), () => request.Fail(Errno.ERANGE));
        }
    }

    public override void SetExtendedAttribute(SetExtendedAttributeRequest request)
    {
        lock (_lock)
            _nodes[request.NodeId].Extended[Text(request.Name)] = request.Value.ToArray();
        request.Reply();
    }

    public override void ListExtendedAttributes(ListExtendedAttributesRequest request)
    {
        lock (_lock)
        {
            byte[] names = Encoding.UTF8.GetBytes(string.Concat(_nodes[request.NodeId].Extended.Keys.Select(name => name + "\0")));
            AnswerSized(names, request.Size, request.ReplySize, v => request.Reply(v), () => request.Fail(Errno.ERANGE));
        }
    }

    public override void RemoveExtendedAttribute(RemoveExtendedAttributeRequest request)
    {
        lock (_lock)
        {
            if (_nodes[request.NodeId].Extended.Remove(Text(request.Name)))
                request.Reply();
            else
                request.Fail(Errno.ENODATA);
        }
    }

    public override void Allocate(AllocateRequest request)
    {
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            node.Resize((int)Math.Max((long)node.Attributes.Size, request.Offset + request.Length));
        }
        request.Reply();
    }

    /// <summary>The node a name of the root stands for.</summary>
    public ulong NodeOf(string name)
    {
        lock (_lock)
            return Children(Root)[name];
    }

    /// <summary>Adds a file to the root behind the kernel's back.</summary>
    public ulong AddFile(string name, byte[] content)
    {
        lock (_lock)
        {
            ulong id = Add(FileType | 0x1A4);
            _nodes[id].Content = content;
            _nodes[id].Attributes.Size = (ulong)content.Length;
            Children(Root)[name] = id;
            return id;
        }
    }

    /// <summary>Removes a name of the root behind the kernel's back.</summary>
    public void RemoveFile(string name)
    {
        lock (_lock)
            Children(Root).Remove(name);
    }

    protected static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    private static void AnswerSized(byte[] value, int room, Action<int> size, Action<byte[]> reply, Action tooSmall)
    {
        if (room == 0)
            size(value.Length);
        else if (room < value.Length)
            tooSmall();
        else
            reply(value);
    }

    private void Store(WriteRequest request)
    {
        int length = request.Data.Length;
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            long end = request.Offset + length;
            if (end > (long)node.Attributes.Size)
                node.Resize((int)end);
            request.Data.CopyTo(node.Content.AsSpan((int)request.Offset));
        }
        request.Reply(length);
    }

    private SortedDictionary<string, ulong> Children(ulong id) => _nodes[id].Children;

    private FuseEntry Entry(ulong id) => new()
    {
        NodeId = id,
        EntryValid = Valid,
        AttributesValid = Valid,
        Attributes = _nodes[id].Attributes,
    };

    private ulong Add(uint mode)
    {
        ulong id = _nextId++;
        _nodes[id] = new Node { Attributes = new FuseAttributes { Inode = id, Mode = mode, LinkCount = 1, BlockSize = 4096 } };
        return id;
    }

    private sealed class Node
    {
        public FuseAttributes Attributes;

        public byte[] Content { get; set; } = [];

        public SortedDictionary<string, ulong> Children { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, byte[]> Extended { get; } = new(StringComparer.Ordinal);

        public void Resize(int size)
        {
            if (size > Content.Length)
            {
                byte[] larger = new byte[Math.Max(size, Content.Length * 2)];
                Content.CopyTo(larger, 0);
                Content = larger;
            }
            if (size < (int)Attributes.Size)
                Content.AsSpan(size).Clear();
            Attributes.Size = (ulong)size;
        }
    }
}
