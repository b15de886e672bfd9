namespace OrthancCloudFs.Attachments.Staging;

/// <summary>A set of bytes as sorted, disjoint, non-adjacent ranges; the record of what was written.</summary>
internal sealed class ByteRanges
{
    private readonly List<(long Start, long End)> _ranges = [];

    /// <summary>How many bytes from the first one on are there without a gap.</summary>
    public long FilledFromStart => _ranges.Count > 0 && _ranges[0].Start == 0 ? _ranges[0].End : 0;

    /// <summary>Adds <c>[start, end)</c>.</summary>
    public void Add(long start, long end)
    {
        if (start >= end)
            return;
        int first = 0;
        while (first < _ranges.Count && _ranges[first].End < start)
            first++;
        if (first == _ranges.Count)
        {
            _ranges.Add((start, end));
            return;
        }

        int last = first;
        while (last < _ranges.Count && _ranges[last].Start <= end)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            last++;
        }

        _ranges.RemoveRange(first, last - first);
        _ranges.Insert(first, (start, end));
    }

    /// <summary>Forgets everything at and after <paramref name="length"/>.</summary>
    public void Truncate(long length)
    {
        _ranges.RemoveAll(range => range.Start >= length);
        if (_ranges.Count > 0 && _ranges[^1].End > length)
            _ranges[^1] = (_ranges[^1].Start, length);
    }

    /// <summary>The first byte of <c>[0, length)</c> that is missing; null when none is.</summary>
    public long? FirstGap(long length) => FilledFromStart >= length ? null : FilledFromStart;
}
