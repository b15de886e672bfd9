using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>Staging memory for one block of an attachment that is fetched as it is read. The owner serialises access.</summary>
internal sealed class BlockSlot
{
    /// <summary>Bytes of a block: as much as one request of the kernel, small beside the budget, few digests beside the content.</summary>
    public const int Length = 1 << 20;

    private readonly StagingPage[] _pages = new StagingPage[Length / StagingMemory.PageSize];
    private int _held;

    public BlockSlot(StagingMemory memory)
    {
        for (int i = 0; i < _pages.Length; i++)
            _pages[i] = memory.TakePage();
    }

    /// <summary>Which block it holds; -1 for none.</summary>
    public long Block { get; private set; } = -1;

    public long LastUse { get; set; }

    /// <summary>Where bytes at <paramref name="position"/> of the block go, up to the end of their page.</summary>
    public Memory<byte> SpaceAt(int position) =>
        _pages[position / StagingMemory.PageSize].Memory[(position % StagingMemory.PageSize)..];

    /// <summary>From now on it holds that block.</summary>
    public void Hold(long block, int length) => (Block, _held) = (block, length);

    /// <summary>From now on it holds nothing.</summary>
    public void Forget() => (Block, _held, LastUse) = (-1, 0, 0);

    /// <summary>The first <paramref name="length"/> bytes, page by page.</summary>
    public IEnumerable<Memory<byte>> Pieces(int length)
    {
        for (int start = 0; start < length; start += StagingMemory.PageSize)
            yield return _pages[start / StagingMemory.PageSize].Memory[..Math.Min(StagingMemory.PageSize, length - start)];
    }

    /// <summary>Decrypts in place.</summary>
    public void Transform(IPiecewiseOpening opening, long offset, int length)
    {
        foreach (Memory<byte> piece in Pieces(length))
        {
            opening.OpenAt(offset, piece.Span);
            offset += piece.Length;
        }
    }

    /// <summary>Copies out what it holds from <paramref name="within"/> on; returns how many bytes.</summary>
    public int Read(int within, Span<byte> into)
    {
        int count = Math.Min(into.Length, _held - within);
        for (int done = 0; done < count;)
        {
            Span<byte> piece = SpaceAt(within + done).Span;
            int length = Math.Min(piece.Length, count - done);
            piece[..length].CopyTo(into[done..]);
            done += length;
        }

        return count;
    }

    /// <summary>Clears and gives back the pages.</summary>
    public void Free(StagingMemory memory)
    {
        foreach (StagingPage page in _pages)
            memory.ReturnPage(page);
    }
}
