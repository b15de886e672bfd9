namespace OrthancCloudFs.Attachments.Staging;

/// <summary>
/// The bytes of one attachment in staging pages. The owner reserves the memory and serialises access; pages come and go with the content.
/// </summary>
internal sealed class StagedContent(StagingMemory memory) : IDisposable
{
    private readonly List<StagingPage?> _pages = [];

    /// <summary>Pages taken from the start; the first one that is kept has this number.</summary>
    private int _firstPage;

    /// <summary>In bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of the pages held.</summary>
    public long Held { get; private set; }

    /// <summary>Bytes of the pages that a write to <c>[offset, offset + count)</c> would add.</summary>
    public long NewPageBytes(long offset, int count)
    {
        long bytes = 0;
        for (int i = IndexOf(offset), last = IndexOf(offset + count - 1); count > 0 && i <= last; i++)
        {
            if (i >= _pages.Count || _pages[i] is null)
                bytes += StagingMemory.PageSize;
        }

        return bytes;
    }

    /// <summary>Copies bytes in, extending the content where needed; no bytes extend nothing.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        Length = Math.Max(Length, offset + data.Length);
        while (!data.IsEmpty)
        {
            Span<byte> space = PageAt(IndexOf(offset)).GetSpan()[WithinPage(offset)..];
            int count = Math.Min(space.Length, data.Length);
            data[..count].CopyTo(space);
            data = data[count..];
            offset += count;
        }
    }

    /// <summary>Where bytes at <paramref name="offset"/> go, up to the end of their page; extends nothing until <see cref="SetLength"/>.</summary>
    public Memory<byte> SpaceAt(long offset) => PageAt(IndexOf(offset)).Memory[WithinPage(offset)..];

    /// <summary>Copies bytes out; bytes never written read as zero. Returns how many there were.</summary>
    public int Read(long offset, Span<byte> into)
    {
        int total = (int)Math.Clamp(Length - offset, 0, into.Length);
        for (int done = 0; done < total;)
        {
            int page = IndexOf(offset + done);
            int within = WithinPage(offset + done);
            int count = Math.Min(StagingMemory.PageSize - within, total - done);
            Span<byte> part = into.Slice(done, count);
            if (page < _pages.Count && _pages[page] is { } present)
                present.GetSpan().Slice(within, count).CopyTo(part);
            else
                part.Clear();
            done += count;
        }

        return total;
    }

    /// <summary>Cuts or extends; what is cut reads as zero if the content grows again.</summary>
    public void SetLength(long length)
    {
        if (length < Length)
        {
            int keep = length == 0 ? 0 : IndexOf(length - 1) + 1;
            for (int i = keep; i < _pages.Count; i++)
                Drop(i);
            if (keep < _pages.Count)
                _pages.RemoveRange(keep, _pages.Count - keep);
            if (keep > 0 && keep <= _pages.Count && _pages[keep - 1] is { } last && WithinPage(length) != 0)
                last.GetSpan()[WithinPage(length)..].Clear();
        }

        Length = length;
    }

    /// <summary>The whole content in order. Every page must have been written.</summary>
    public List<Memory<byte>> GetSegments()
    {
        var segments = new List<Memory<byte>>(_pages.Count);
        for (long offset = 0; offset < Length; offset += StagingMemory.PageSize)
            segments.Add(_pages[IndexOf(offset)]!.Memory[..(int)Math.Min(StagingMemory.PageSize, Length - offset)]);
        return segments;
    }

    /// <summary>The pieces of <c>[offset, offset + count)</c> that exist, written into <paramref name="segments"/>; returns how many pieces.</summary>
    public int GetSegments(long offset, int count, Span<ReadOnlyMemory<byte>> segments)
    {
        long end = Math.Min(Length, offset + count);
        int pieces = 0;
        while (offset < end)
        {
            int within = WithinPage(offset);
            int length = (int)Math.Min(StagingMemory.PageSize - within, end - offset);
            segments[pieces++] = _pages[IndexOf(offset)]!.Memory.Slice(within, length);
            offset += length;
        }

        return pieces;
    }

    /// <summary>
    /// Hands over the next page from the start, which every byte up to the next page, or to the end, was written to. Its bytes are gone
    /// from here, while their places and <see cref="Length"/> stay.
    /// </summary>
    public StagingPage TakeFirstPage()
    {
        StagingPage page = _pages[0]!;
        _pages.RemoveAt(0);
        _firstPage++;
        Held -= StagingMemory.PageSize;
        return page;
    }

    /// <summary>Clears and gives back every page; the reservation stays with the owner.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _pages.Count; i++)
            Drop(i);
        _pages.Clear();
        _firstPage = 0;
        Length = 0;
    }

    private int IndexOf(long offset) => (int)(offset / StagingMemory.PageSize) - _firstPage;

    private static int WithinPage(long offset) => (int)(offset % StagingMemory.PageSize);

    private StagingPage PageAt(int index)
    {
        while (_pages.Count <= index)
            _pages.Add(null);
        if (_pages[index] is { } present)
            return present;
        Held += StagingMemory.PageSize;
        return _pages[index] = memory.TakePage();
    }

    private void Drop(int index)
    {
        if (_pages[index] is not { } page)
            return;
        memory.ReturnPage(page);
        _pages[index] = null;
        Held -= StagingMemory.PageSize;
    }
}
