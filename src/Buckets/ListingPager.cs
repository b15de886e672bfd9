namespace OrthancCloudFs.Buckets;

/// <summary>Cuts pages, with folding at a delimiter, out of a bucket whose keys can be walked in order from any point.</summary>
internal static class ListingPager
{
    /// <summary>Keys (and what belongs to them) that start with a prefix and sort after <c>after</c>, in order.</summary>
    internal delegate IEnumerable<ObjectInfo> Walk(string prefix, string after, int limit);

    /// <summary>One page; see <see cref="IBucket.ListAsync"/>. Its token is the key (or folded prefix) that the next one starts after.</summary>
    internal static ListPage Cut(Walk walk, string prefix, char? delimiter, string? pageToken, int maxKeys)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxKeys);
        var objects = new List<ObjectInfo>();
        var folded = new List<string>();
        var after = pageToken ?? "";
        var more = true;
        while (more)
        {
            // One more than fits tells whether there is a next page. Folding restarts the walk behind all keys of the folded prefix.
            more = false;
            foreach (var item in walk(prefix, after, maxKeys - objects.Count - folded.Count + 1))
            {
                if (objects.Count + folded.Count == maxKeys)
                    return new ListPage(objects, folded, after);
                var end = delimiter is { } d ? item.Key.IndexOf(d, prefix.Length) : -1;
                if (end < 0)
                {
                    objects.Add(item);
                    after = item.Key;
                    continue;
                }
                folded.Add(item.Key[..(end + 1)]);
                after = folded[^1] + ObjectKeyComparer.Last;
                more = true;
                break;
            }
        }
        return new ListPage(objects, folded, null);
    }
}
