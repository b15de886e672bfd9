using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>Stored bytes of an object, in order, that are not on their way yet.</summary>
internal sealed class SealedBacklog
{
    private readonly LinkedList<Piece> _pieces = new();

    /// <summary>In bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of the piece that was added last.</summary>
    public int LastLength => _pieces.Last?.Value.Memory.Length ?? 0;

    /// <summary>Adds bytes, and the page that they lie in, if it is one.</summary>
    public void Add(ReadOnlyMemory<byte> memory, StagingPage? page = null)
    {
        if (memory.IsEmpty)
            return;
        _pieces.AddLast(new Piece(memory, page));
        Length += memory.Length;
    }

    /// <summary>Takes so many bytes from the start. A page goes with the part that has its last byte.</summary>
    public SealedPart Take(long length)
    {
        var memories = new List<ReadOnlyMemory<byte>>();
        var pages = new List<StagingPage>();
        Length -= length;
        for (long left = length; left > 0;)
        {
            Piece first = _pieces.First!.Value;
            _pieces.RemoveFirst();
            if (first.Memory.Length <= left)
            {
                memories.Add(first.Memory);
                if (first.Page is { } page)
                    pages.Add(page);
                left -= first.Memory.Length;
                continue;
            }

            memories.Add(first.Memory[..(int)left]);
            _pieces.AddFirst(first with { Memory = first.Memory[(int)left..] });
            left = 0;
        }

        return new SealedPart(length, memories, pages);
    }

    private readonly record struct Piece(ReadOnlyMemory<byte> Memory, StagingPage? Page);
}

/// <summary>The bytes of one part, and the staging pages that are free when it was put.</summary>
internal sealed class SealedPart(long length, IReadOnlyList<ReadOnlyMemory<byte>> memories, IReadOnlyList<StagingPage> pages) : IUploadSource
{
    public long Length => length;

    public IReadOnlyList<StagingPage> Pages => pages;

    public Stream OpenRead() => new SegmentStream(memories);
}
